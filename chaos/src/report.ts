// What a run says: a line a scenario, then seed, number, failures and how often a failure may still be expected.

import type { RestartVerdict } from './roll-restarts.ts'
import type { Verdict } from './run-chaos.ts'
import { upperBound } from './upper-bound.ts'

export function tellVerdict({ queue, scenario, seed, intents, faults }: Verdict): string {
  const line = `${faults.length === 0 ? 'held  ' : 'BROKEN'} seed ${seed}, ${queue}: ${scenario} (n = ${intents})`
  return [line, ...faults.map((fault) => `         ${fault}`)].join('\n')
}

export function tellWhole(seed: string, verdicts: readonly Verdict[]): string {
  const failures = verdicts.filter(({ faults }) => faults.length > 0).length
  const intents = verdicts.reduce((sum, verdict) => sum + verdict.intents, 0)
  const share = (100 * upperBound(failures, verdicts.length)).toFixed(2)
  return (
    `seed ${seed}: n = ${verdicts.length} scenarios, ${intents} intents, ${failures} failures; ` +
    `with 95 % confidence at most ${share} % of such scenarios fail`
  )
}

export function tellRestarts(seed: string, verdict: RestartVerdict): string {
  const { restarts, intents, slowestMs, faults } = verdict
  const told = `${faults.length === 0 ? 'held  ' : 'BROKEN'} seed ${seed}: n = ${restarts} rolling restarts of the notifier`
  const line = `${told}, ${intents} intents, the slowest ended within ${slowestMs} ms`
  return [line, ...faults.map((fault) => `         ${fault}`)].join('\n')
}
