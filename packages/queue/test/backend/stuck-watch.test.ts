// A worker is stuck when it is free, jobs wait, and it begins none.

import t from 'tap'
import { stuckWatch } from '../../src/backend/stuck-watch.ts'

const idle = { waiting: true, free: true, begun: 7 }

t.test('stuck only after several looks in a row', async (t) => {
  const isStuck = stuckWatch(3)
  t.same(
    [1, 2, 3, 4].map(() => isStuck(idle)),
    [false, false, false, true],
  )
  t.equal(isStuck(idle), false, 'and counts anew')
})

t.test('never while it begins jobs, is full, or nothing waits', async (t) => {
  for (const reprieve of [{ begun: 8 }, { free: false }, { waiting: false }]) {
    const isStuck = stuckWatch(2)
    const looks = [idle, idle, { ...idle, ...reprieve }, idle]
    t.same(looks.map(isStuck).includes(true), false, JSON.stringify(reprieve))
  }
})
