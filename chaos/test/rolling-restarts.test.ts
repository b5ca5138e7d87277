// Notifiers are restarted one after the other while messages go out: none is lost, none is sent twice. A hundred of them:
// `npm run chaos -- --restarts 100`.

import t from 'tap'
import { rollRestarts } from '../src/roll-restarts.ts'

t.setTimeout(300_000)

const RESTARTS = { queue: 'redis', seed: '2026', most: 8, forMs: 20_000 } as const

t.test(
  'a notifier that is told to end under load loses and doubles nothing, and ends within 25 s',
  async (t) => {
    const { restarts, intents, slowestMs, faults } = await rollRestarts(t, RESTARTS)
    t.same(faults, [])
    t.ok(restarts >= 2, `${restarts} restarts`)
    t.comment(`n = ${restarts} restarts, ${intents} intents, the slowest ended within ${slowestMs} ms`)
  },
)
