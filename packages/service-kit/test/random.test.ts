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

t.test('bytes come in the length asked for, never twice, and belong to whoever asked', async (t) => {
  const sizes = [0, 1, 12, 16, 32, 63, 64, 65, 5_000]
  for (const size of sizes) t.equal(systemRandom.bytes(size).length, size)
  const taken = Array.from({ length: 20_000 }, () => systemRandom.bytes(12))
  t.equal(new Set(taken.map((bytes) => bytes.toString('hex'))).size, taken.length)
  const [kept = Buffer.alloc(0)] = taken
  const before = kept.toString('hex')
  for (const bytes of taken.slice(1)) bytes.fill(0)
  t.equal(kept.toString('hex'), before)
})

t.test('the system clock tells the time', async (t) => {
  t.ok(Math.abs(systemClock.now().getTime() - Date.now()) < 1_000)
})
