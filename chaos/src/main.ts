// `npm run chaos -- --seed N`: breaks a house of real processes in every way it knows, and says whether all of it held.

import { parseArgs } from 'node:util'
import type { QueueKind } from './house/chaos-house.ts'
import type { Scope } from './house/scope.ts'
import { tellRestarts, tellVerdict, tellWhole } from './report.ts'
import { rollRestarts } from './roll-restarts.ts'
import { runChaos, type Verdict } from './run-chaos.ts'
import { scenariosOf } from './scenario/catalog.ts'
import { seeded } from './seeded.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    scenarios: { type: 'string', default: '70' },
    only: { type: 'string', default: '' },
    restarts: { type: 'string', default: '0' },
  },
})
const { seed } = values
const count = Number(values.scenarios)

const undo: (() => unknown)[] = []
const scope: Scope = { teardown: (step) => void undo.push(step) }
const verdicts: Verdict[] = []
let held = true
try {
  const onRedis = Math.ceil(count / 2)
  const plans: [QueueKind, number][] = [
    ['redis', onRedis],
    ['postgres', count - onRedis],
  ]
  for (const [queue, share] of plans) {
    const scenarios = scenariosOf(queue, seeded(`${seed} ${queue}`), { count: share, only: values.only })
    if (scenarios.length === 0) continue
    const onScenario = (name: string, ms: number) =>
      console.error(`  ${queue}: ${name} (${(ms / 1_000).toFixed(1)} s)`)
    verdicts.push(...(await runChaos(scope, { queue, scenarios, seed, onScenario })))
  }
  const most = Number(values.restarts)
  const rolled =
    most > 0 && (await rollRestarts(scope, { queue: 'redis', seed, most, forMs: Number.POSITIVE_INFINITY }))
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
