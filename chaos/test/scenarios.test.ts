// Processes are killed at every kill point, and what they stand on goes away, under a seeded load, on both backends of the
// queue; the oracle judges I1 to I8 of every intent. Each scenario comes at least once; each on each backend, and longer:
// `npm run chaos`.

import t from 'tap'
import { tellWhole } from '../src/report.ts'
import { runChaos, type Verdict } from '../src/run-chaos.ts'
import { dealtScenarios } from '../src/scenario/catalog.ts'
import { seeded } from '../src/seeded.ts'

t.setTimeout(900_000)
t.jobs = 2

const seed = '2026'
const COUNT = 42
const dealt = dealtScenarios(seeded(seed), COUNT)

for (const queue of ['redis', 'postgres'] as const) {
  t.test(`on ${queue}, whatever dies or goes away: I1 to I8 hold`, async (t) => {
    const scenarios = dealt[queue]
    const verdicts = await runChaos(t, { queue, scenarios, seed })
    for (const { scenario, intents, faults } of verdicts) t.same(faults, [], `${scenario}, n = ${intents}`)
    t.equal(verdicts.length, scenarios.length, 'each was acted out')
    t.ok(hasLoad(verdicts), 'every scenario had its load')
    t.comment(tellWhole(seed, verdicts))
  })
}

const hasLoad = (verdicts: readonly Verdict[]) => verdicts.every(({ intents }) => intents > 2)
