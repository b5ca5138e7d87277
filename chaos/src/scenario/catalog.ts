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

/**
 * Every scenario at least once, by turns on the one backend or the other, so that each kill point is met on both, on one by
 * mail and on the other by SMS; then some of them on the other backend too, until there are `count`.
 */
export function dealtScenarios(random: Seeded, count: number): Readonly<Record<QueueKind, Scenario[]>> {
  if (count < CATALOG.length) throw new RangeError(`there are ${CATALOG.length} scenarios`)
  const dealt: Record<QueueKind, Scenario[]> = { redis: [], postgres: [] }
  for (const [at, scenario] of CATALOG.entries())
    dealt[scenario.only ?? BY_TURNS[at % 4] ?? 'redis'].push(scenario)
  const again = random.shuffled(CATALOG.filter(({ only }) => only === undefined))
  for (const scenario of again.slice(0, count - CATALOG.length)) {
    dealt[dealt.redis.includes(scenario) ? 'postgres' : 'redis'].push(scenario)
  }
  return { redis: random.shuffled(dealt.redis), postgres: random.shuffled(dealt.postgres) }
}

/** Kill points stand in pairs, mail and SMS: the second pair is the other way round. */
const BY_TURNS: readonly QueueKind[] = ['redis', 'postgres', 'postgres', 'redis']

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
