import t from 'tap'
import { manualClock } from '../src/manual-clock.ts'

t.test('the clock stands still until it is moved, and its answers cannot move it', async (t) => {
  const clock = manualClock('2026-01-01T00:00:00.000Z')
  clock.now().setFullYear(1999)
  t.equal(clock.now().toISOString(), '2026-01-01T00:00:00.000Z')
  clock.advance(90_000)
  t.equal(clock.now().toISOString(), '2026-01-01T00:01:30.000Z')
  clock.set('2026-06-01T00:00:00.000Z')
  t.equal(clock.now().toISOString(), '2026-06-01T00:00:00.000Z')
})
