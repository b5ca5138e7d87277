// A file that failed in a whole run is run again, alone and twice. What holds both times is unsteady: a bug to mend,
// which is told loudly but keeps nobody from merging. What fails again has failed. When more files than a few fail,
// something is really broken, and looking again would only take time.
import { complain } from './run-groups.ts'
import type { FileReport } from './tap-reader.ts'

const mostFiles = 3

export interface Looked {
  /** One for each file: the first, or for an unsteady file its last. */
  readonly reports: readonly FileReport[]
  readonly unsteady: readonly string[]
}

/** Runs one file with nothing beside it; undefined when it did not hold. */
export type Alone = (file: string) => Promise<FileReport | undefined>

export async function secondLook(reports: readonly FileReport[], alone: Alone): Promise<Looked> {
  const failing = reports.filter(({ failed }) => failed > 0)
  if (failing.length > mostFiles) return { reports, unsteady: [] }
  const held = new Map<FileReport, FileReport>()
  for (const first of failing) {
    const last = await heldTwice(first.file, alone)
    if (last === undefined) {
      console.log(`FAILED ${first.file}: failed in the whole run and again alone`)
      continue
    }
    held.set(first, last)
    console.log(`UNSTEADY ${first.file}: failed beside others, held twice alone`)
    complain(first)
  }
  return {
    reports: reports.map((report) => held.get(report) ?? report),
    unsteady: [...held.keys()].map(({ file }) => file),
  }
}

async function heldTwice(file: string, alone: Alone): Promise<FileReport | undefined> {
  const once = await alone(file)
  return once && (await alone(file))
}
