// A whole run of test files: all of them, then a second look at the few groups that failed.
import { type Count, countOf, type GroupOutcome, type GroupRun, runGroups } from './run-groups.ts'
import { secondLook } from './second-look.ts'

export interface WholeCount extends Count {
  /** Files that failed beside others and held twice alone. */
  unsteady: readonly string[]
}

export async function runWhole(run: GroupRun, count: WholeCount): Promise<void> {
  const outcomes = await runGroups(run)
  const looked = await secondLook(outcomes, async (group) => {
    const [again] = await runGroups({ ...run, name: 'alone', groups: [group], lanes: 1 })
    return again as GroupOutcome
  })
  addTo(count, countOf(looked.outcomes))
  count.unsteady = looked.unsteady
}

export function addTo(count: Count, { passed, failed }: Count): void {
  count.passed += passed
  count.failed += failed
}
