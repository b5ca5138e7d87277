// Runs scenarios in one house, one after the other, lets everything settle, and has the oracle judge all of it.

import { type ChaosHouse, type QueueKind, raiseChaosHouse } from './house/chaos-house.ts'
import type { Scope } from './house/scope.ts'
import { watchStalls } from './house/stalls.ts'
import { collectEvidence } from './oracle/collect-evidence.ts'
import type { Evidence, Violation } from './oracle/evidence.ts'
import { judge } from './oracle/judge.ts'
import type { Scenario } from './scenario/scenario.ts'
import { seeded } from './seeded.ts'

export interface Verdict {
  readonly queue: QueueKind
  readonly scenario: string
  readonly seed: string
  /** Intents that were promised in it. */
  readonly intents: number
  /** Empty: everything held. */
  readonly faults: readonly string[]
}

export interface ChaosInput {
  readonly queue: QueueKind
  readonly scenarios: readonly Scenario[]
  readonly seed: string
  /** Told as each scenario has been acted out; it is judged when all are. */
  readonly onScenario?: (name: string, ms: number) => void
}

/** @returns a verdict for each scenario, and one for the house where something belongs to none of them */
export async function runChaos(scope: Scope, input: ChaosInput): Promise<Verdict[]> {
  const house = await raiseChaosHouse(scope, input.queue)
  scope.teardown(watchStalls(house.disturbances))
  const broken = new Map<number, string>()
  for (const [number, scenario] of input.scenarios.entries()) {
    const began = performance.now()
    await actOut(house, scenario, number, input.seed).catch((error: Error) =>
      broken.set(number, error.message),
    )
    input.onScenario?.(scenario.name, performance.now() - began)
  }
  const evidence = await collectEvidence(house)
  return verdictsOf(input, evidence, judge(evidence), broken)
}

async function actOut(house: ChaosHouse, scenario: Scenario, number: number, seed: string): Promise<void> {
  await scenario.run({ house, number, random: seeded(`${seed} ${house.queue} ${number} ${scenario.name}`) })
}

function verdictsOf(
  { queue, scenarios, seed }: ChaosInput,
  { intents }: Evidence,
  violations: readonly Violation[],
  broken: ReadonlyMap<number, string>,
): Verdict[] {
  const scenarioOf = new Map(intents.map(({ key, scenario }) => [key, scenario]))
  const found = Map.groupBy(violations, ({ intent }) =>
    intent === null ? -1 : (scenarioOf.get(intent) ?? -1),
  )
  const told = (number: number) =>
    (found.get(number) ?? []).map(({ rule, intent, what }) => `${rule} ${intent ?? ''}: ${what}`)
  const each = scenarios.map(({ name }, number) => {
    const own = broken.get(number)
    return {
      queue,
      scenario: name,
      seed,
      intents: intents.filter(({ scenario, answer }) => scenario === number && answer !== null).length,
      faults: [...(own === undefined ? [] : [own]), ...told(number)],
    }
  })
  const ofHouse = told(-1)
  if (ofHouse.length === 0) return each
  return [...each, { queue, scenario: 'the house afterwards', seed, intents: 0, faults: ofHouse }]
}
