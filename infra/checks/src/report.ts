// How every check ends: a sentence a breach on standard error, and exit code 1 when there is one.

/** Looks at the checkout in `root` and answers one sentence for each breach. */
export type Look = (root: string) => readonly string[] | Promise<readonly string[]>

/** Runs the check on the folder that it was started in. */
export async function report(look: Look): Promise<void> {
  const faults = await look(process.cwd())
  for (const fault of faults) process.stderr.write(`${fault}\n`)
  process.exitCode = faults.length === 0 ? 0 : 1
}
