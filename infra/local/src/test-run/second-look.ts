// What failed in a whole run is run again, twice, with nothing beside it: the file with those that share its process, as a
// file may fail for what its neighbour left. What holds both times is unsteady: a bug to mend, which is told loudly but
// keeps nobody from merging. What fails again has failed. When more than a few groups fail, something is really broken,
// and looking again would only take time.
import { complain, type GroupOutcome, held } from './run-groups.ts'
import type { TestGroup } from './test-groups.ts'

const mostGroups = 3

export interface Looked {
  /** One for each group: the first, or for an unsteady group its last. */
  readonly outcomes: readonly GroupOutcome[]
  /** Files that failed at first; all of a group whose process did. */
  readonly unsteady: readonly string[]
}

/** Runs one group with nothing beside it. */
export type Alone = (group: TestGroup) => Promise<GroupOutcome>

export async function secondLook(outcomes: readonly GroupOutcome[], alone: Alone): Promise<Looked> {
  const failing = outcomes.filter((outcome) => !held(outcome))
  if (failing.length > mostGroups) return { outcomes, unsteady: [] }
  const last = new Map<GroupOutcome, GroupOutcome>()
  for (const first of failing) {
    const again = await heldTwice(first.group, alone)
    if (again !== undefined) last.set(first, again)
    tell(first, again !== undefined)
  }
  return {
    outcomes: outcomes.map((outcome) => last.get(outcome) ?? outcome),
    unsteady: [...last.keys()].flatMap(namesOf),
  }
}

async function heldTwice(group: TestGroup, alone: Alone): Promise<GroupOutcome | undefined> {
  const once = await alone(group)
  if (!held(once)) return undefined
  const twice = await alone(group)
  return held(twice) ? twice : undefined
}

function tell(first: GroupOutcome, isUnsteady: boolean): void {
  const names = namesOf(first).join(', ')
  if (!isUnsteady) {
    console.log(`FAILED ${names}: failed in the whole run and again alone`)
    return
  }
  console.log(`UNSTEADY ${names}: failed beside others, held twice alone`)
  for (const what of first.amiss) console.log(`      ${what}`)
  for (const report of first.reports) complain(report)
}

function namesOf({ group, reports, amiss }: GroupOutcome): readonly string[] {
  if (amiss.length > 0) return group
  return reports.filter(({ failed }) => failed > 0).map(({ file }) => file)
}
