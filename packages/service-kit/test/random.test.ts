import t from 'tap'
import { systemClock } from '../src/clock.ts'
import { systemRandom } from '../src/random.ts'

t.test('ids are UUIDv7, carry the time and never repeat', async (t) => {
  const before = Date.now()
  const ids = Array.from({ length: 20_000 }, () => systemRandom.uuid())
  t.equal(new Set(ids).size, ids.length)
  t.ok(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)))
  const time = Number.parseInt(ids.at(0)?.replace('-', '').slice(0, 12) ?? '', 16)
  t.ok(time >= before && time <= Date.now())
  const tails = new Set(ids.map((id) => id.slice(-12)))
  t.equal(tails.size, ids.length, 'no random bytes are used twice')
})

t.test('bytes come in the length asked for', async (t) => {
  t.equal(systemRandom.bytes(32).length, 32)
  t.notSame(systemRandom.bytes(32), systemRandom.bytes(32))
})

t.test('the system clock tells the time', async (t) => {
  t.ok(Math.abs(systemClock.now().getTime() - Date.now()) < 1_000)
})
