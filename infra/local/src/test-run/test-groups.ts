// Which test files share a process. Starting Node and loading what a service is made of takes a second or two of a
// processor, more than most files' tests, so files of one workspace take turns in one process. A file that mostly waits
// for processes which it starts itself has its own, so that others go on beside it.

import { CHAOS } from './test-files.ts'

/** Files that take turns in one process, as paths from the checkout's root. */
export type TestGroup = readonly string[]

/** So many that loading is paid once for most of them, and so few that the last group is not waited for. */
const MOST = 14

const ALONE = [CHAOS, /^e2e\/test\/[^/]+$/, /^infra\/local\/test\/start[.-]/, /\/process\//]

/** Files that work with processes, what takes longest first. */
const WAITING = [
  /^chaos\/test\/scenarios/,
  /^e2e\//,
  /^chaos\/test\/rolling/,
  /^infra\/local\/test\/start[.-]/,
  /\/process\//,
]

/**
 * In the order in which they are to begin: groups that wait for processes by turns with others, so that the processors are
 * neither idle nor fought for. The same files make the same groups.
 */
export function groupsOf(files: readonly string[]): TestGroup[] {
  const isAlone = (file: string) => ALONE.some((pattern) => pattern.test(file))
  const groups = [
    ...Map.groupBy(files, (file) => (isAlone(file) ? file : file.split('/').slice(0, 2).join('/'))).values(),
  ].flatMap(evenly)
  const rank = ([file = '']: TestGroup) => WAITING.findIndex((pattern) => pattern.test(file))
  const waiting = groups.filter((group) => rank(group) >= 0).sort((a, b) => rank(a) - rank(b))
  const working = groups.filter((group) => rank(group) < 0).sort((a, b) => b.length - a.length)
  return Array.from({ length: groups.length }, (_, at) => [waiting[at], working[at]])
    .flat()
    .filter((group) => group !== undefined)
}

function evenly(files: readonly string[]): TestGroup[] {
  const count = Math.ceil(files.length / MOST)
  const size = Math.ceil(files.length / count)
  return Array.from({ length: count }, (_, at) => files.slice(at * size, (at + 1) * size))
}
