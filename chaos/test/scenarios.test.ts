// Processes are killed at every kill point, and what they stand on goes away, under a seeded load, on both backends of the
// queue; the oracle judges I1 to I8 of every intent. More of it, and longer: `npm run chaos`.

import t from 'tap'
import type { QueueKind } from '../src/house/chaos-house.ts'
import { tellWhole } from '../src/report.ts'
import { runChaos, type Verdict } from '../src/run-chaos.ts'
import { everyScenario } from '../src/scenario/catalog.ts'
import { seeded } from '../src/seeded.ts'

t.setTimeout(900_000)
t.jobs = 2

const seed = '2026'
const queues: readonly QueueKind[] = ['redis', 'postgres']

for (const queue of queues) {
  t.test(`on ${queue}, whatever dies or goes away: I1 to I8 hold`, async (t) => {
    const scenarios = everyScenario(queue, seeded(`${seed} ${queue}`))
    const verdicts = await runChaos(t, { queue, scenarios, seed })
    for (const { scenario, intents, faults } of verdicts) t.same(faults, [], `${scenario}, n = ${intents}`)
    t.ok(verdicts.length >= 20, `${verdicts.length} scenarios`)
    t.ok(hasLoad(verdicts), 'every scenario had its load')
    t.comment(tellWhole(seed, verdicts))
  })
}

const hasLoad = (verdicts: readonly Verdict[]) => verdicts.every(({ intents }) => intents > 2)
