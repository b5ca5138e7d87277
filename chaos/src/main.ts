// `npm run chaos -- --seed N`: breaks a house of real processes in every way it knows, and says whether all of it held.

import type { Scope } from './house/scope.ts'
import { planRun, type RunPlan } from './plan-run.ts'
import { tellRestarts, tellVerdict, tellWhole } from './report.ts'
import { rollRestarts } from './roll-restarts.ts'
import { runChaos, type Verdict } from './run-chaos.ts'

let plan: RunPlan
try {
  plan = planRun(process.argv.slice(2))
} catch (error) {
  console.error(`chaos: ${error instanceof Error ? error.message : error}`)
  process.exit(1)
}
const { seed, backends, restarts } = plan

const undo: (() => unknown)[] = []
const scope: Scope = { teardown: (step) => void undo.push(step) }
const verdicts: Verdict[] = []
let held = true
try {
  for (const { queue, scenarios } of backends) {
    if (scenarios.length === 0) continue
    const onScenario = (name: string, ms: number) =>
      console.error(`  ${queue}: ${name} (${(ms / 1_000).toFixed(1)} s)`)
    verdicts.push(...(await runChaos(scope, { queue, scenarios, seed, onScenario })))
  }
  const roll = { queue: 'redis', seed, most: restarts, forMs: Number.POSITIVE_INFINITY } as const
  const rolled = restarts > 0 && (await rollRestarts(scope, roll))
  for (const verdict of verdicts) console.log(tellVerdict(verdict))
  if (rolled) {
    console.log(tellRestarts(seed, rolled))
    held &&= rolled.faults.length === 0
  }
  if (verdicts.length > 0) console.log(tellWhole(seed, verdicts))
} finally {
  for (const step of undo.reverse()) await step()
}
process.exitCode = held && verdicts.every(({ faults }) => faults.length === 0) ? 0 : 1
