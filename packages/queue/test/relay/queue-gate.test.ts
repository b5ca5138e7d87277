// How much may be claimed for a queue that fails.

import { manualClock } from '@postern/testkit/manual-clock'
import t from 'tap'
import { queueGate } from '../../src/relay/queue-gate.ts'

t.test('a queue that works gets all, one that is away nothing', async (t) => {
  let ready = true
  const gate = queueGate(manualClock(), () => ready)
  t.equal(gate.allows(200), 200)
  ready = false
  t.equal(gate.allows(200), 0)
  ready = true
  t.equal(gate.allows(200), 200)
})

t.test('after failures one row goes ahead, after pauses that grow to four seconds', async (t) => {
  const clock = manualClock()
  const gate = queueGate(clock, () => true)
  for (const pauseMs of [500, 1_000, 2_000, 4_000, 4_000, 4_000]) {
    gate.failed()
    clock.advance(pauseMs - 1)
    t.equal(gate.allows(200), 0)
    clock.advance(1)
    t.equal(gate.allows(200), 1)
    t.equal(gate.allows(0), 0)
  }
  gate.passed()
  t.equal(gate.allows(200), 200)
})
