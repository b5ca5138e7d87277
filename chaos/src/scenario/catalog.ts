// All scenarios, and those of a run.

import type { QueueKind } from '../house/chaos-house.ts'
import type { Seeded } from '../seeded.ts'
import { clockScenarios } from './clock-scenarios.ts'
import { killScenarios } from './kill-scenarios.ts'
import { outageScenarios } from './outage-scenarios.ts'
import { receiptScenarios } from './receipt-scenarios.ts'
import type { Scenario } from './scenario.ts'
import { vendorScenarios } from './vendor-scenarios.ts'

const CATALOG: readonly Scenario[] = [
  ...killScenarios,
  ...receiptScenarios,
  ...outageScenarios,
  ...vendorScenarios,
  ...clockScenarios,
]

/** Every scenario of this backend, once, in an order of the seed's. */
export function everyScenario(queue: QueueKind, random: Seeded): Scenario[] {
  return random.shuffled(CATALOG.filter(({ only }) => only === undefined || only === queue))
}

export interface Choice {
  readonly count: number
  /** What the scenario's name must hold. */
  readonly only: string
}

/** `count` of those that were asked for: every one, then every one again in another order. */
export function scenariosOf(queue: QueueKind, random: Seeded, { count, only }: Choice): Scenario[] {
  const chosen: Scenario[] = []
  for (;;) {
    const round = everyScenario(queue, random).filter(({ name }) => name.includes(only))
    chosen.push(...round)
    if (round.length === 0 || chosen.length >= count) return chosen.slice(0, count)
  }
}
