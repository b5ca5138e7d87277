// Which test files share a process. Starting Node and loading what a service is made of takes a second or two of a
// processor, more than most files' tests, so files of one workspace take turns in one process. A file that mostly waits
// for processes which it starts itself has its own, so that others go on beside it.

/** Files that take turns in one process, as paths from the checkout's root. */
export type TestGroup = readonly string[]

/** So many that loading is paid once for most of them, and so few that the last group is not waited for. */
const MOST = 14

const ALONE = [/^e2e\/test\/[^/]+$/, /^chaos\/test\/(?:scenarios|rolling-restarts)\.test\.ts$/, /\/process\//]

/** In the order in which they are to begin: what takes longest first. The same files make the same groups. */
export function groupsOf(files: readonly string[]): TestGroup[] {
  const [alone, others] = parted(files)
  const workspaces = Map.groupBy(others, (file) => file.split('/').slice(0, 2).join('/'))
  const shared = [...workspaces.values()].flatMap(evenly).sort((a, b) => b.length - a.length)
  return [...alone.map((file) => [file]), ...shared]
}

function parted(files: readonly string[]): [alone: string[], others: string[]] {
  const rank = (file: string) => ALONE.findIndex((pattern) => pattern.test(file))
  const alone = files.filter((file) => rank(file) >= 0)
  // Chaos takes longer than all else, and then the order of the patterns.
  const longest = (file: string) => (file.startsWith('chaos/') ? -1 : rank(file))
  return [alone.sort((a, b) => longest(a) - longest(b)), files.filter((file) => rank(file) < 0)]
}

function evenly(files: readonly string[]): TestGroup[] {
  const count = Math.ceil(files.length / MOST)
  const size = Math.ceil(files.length / count)
  return Array.from({ length: count }, (_, at) => files.slice(at * size, (at + 1) * size))
}
