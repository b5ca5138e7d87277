// One scenario: what breaks, under which load. What it began may end after it: leases, schedules, thawing processes.

import type { ChaosHouse, QueueKind } from '../house/chaos-house.ts'
import { type LoadInput, planLoad, type Wish } from '../load/plan-load.ts'
import { runLoad } from '../load/run-load.ts'
import type { Seeded } from '../seeded.ts'

export interface Stage {
  readonly house: ChaosHouse
  readonly random: Seeded
  /** The scenario's number in this run. */
  readonly number: number
}

export interface Scenario {
  readonly name: string
  /** The only backend for which it makes sense; both unless told. */
  readonly only?: QueueKind
  /** @throws when what was to break did not break */
  run(stage: Stage): Promise<void>
}

type Load = Partial<Pick<LoadInput, 'count' | 'over' | 'channel'>>

export function plan({ house, random, number }: Stage, load: Load = {}): Wish[] {
  return planLoad({ random, scenario: number, tenants: house.tenants, count: 10, over: 800, ...load })
}

/** The load of a scenario while `work` goes on. */
export async function under(stage: Stage, load: Load, work: () => Promise<unknown>): Promise<void> {
  await Promise.all([runLoad(stage.house, plan(stage, load)), work()])
}
