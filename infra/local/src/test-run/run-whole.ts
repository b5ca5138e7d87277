// A whole run of test files: all of them, then a second look at the few that failed.
import { type Count, countReports, type GroupRun, runGroups } from './run-groups.ts'
import { secondLook } from './second-look.ts'

export interface WholeCount extends Count {
  /** Files that failed beside others and held twice alone. */
  unsteady: readonly string[]
}

export async function runWhole(run: GroupRun, count: WholeCount): Promise<void> {
  const { reports, amiss } = await runGroups(run)
  count.failed += amiss
  const looked = await secondLook(reports, async (file) => {
    const alone = await runGroups({ ...run, name: 'alone', groups: [[file]], lanes: 1 })
    return alone.amiss === 0 && alone.reports[0]?.failed === 0 ? alone.reports[0] : undefined
  })
  countReports(looked.reports, count)
  count.unsteady = looked.unsteady
}
