// A whole run of test files: its steps one after the other, then a second look at the few that failed.
import { type Count, countReports, runTap, type TapRun } from './run-tap.ts'
import { secondLook } from './second-look.ts'
import type { FileReport } from './tap-reader.ts'

type Common = Pick<TapRun, 'root' | 'env'>
type Part = Pick<TapRun, 'name' | 'files' | 'jobs'>

export interface WholeCount extends Count {
  /** Files that failed beside others and held twice alone. */
  unsteady: readonly string[]
}

export async function runWhole(common: Common, parts: readonly Part[], count: WholeCount): Promise<void> {
  const reports: FileReport[] = []
  for (const part of parts) {
    const outcome = await runTap({ ...common, ...part })
    reports.push(...outcome.reports)
    count.failed += outcome.amiss
  }
  const looked = await secondLook(reports, async (file) => {
    const { reports: again, amiss } = await runTap({ ...common, name: 'alone', files: [file], jobs: 1 })
    return amiss === 0 && again[0]?.failed === 0 ? again[0] : undefined
  })
  countReports(looked.reports, count)
  count.unsteady = looked.unsteady
}
