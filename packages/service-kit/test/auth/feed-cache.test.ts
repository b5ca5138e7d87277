import { capturedLogger } from '@postern/testkit/captured-logs'
import { manualClock } from '@postern/testkit/manual-clock'
import t from 'tap'
import { FeedCache } from '../../src/auth/feed-cache.ts'
import { createRevocationFeed, type Revocation } from '../../src/revocation-feed.ts'

interface Seat {
  owner: string
  readings: number
}

async function setup() {
  const clock = manualClock()
  const rows: Revocation[] = []
  const readings = new Map<string, number>()
  const feed = createRevocationFeed({
    clock,
    logger: capturedLogger().logger,
    read: async () => [...rows],
  })
  await feed.poll()
  const cache = new FeedCache<Seat>({
    feed,
    clock,
    read: async (key) => {
      readings.set(key, (readings.get(key) ?? 0) + 1)
      return key === 'none' ? undefined : { owner: key.slice(0, 1), readings: readings.get(key) ?? 0 }
    },
    known: { max: 10, ttlMs: 60_000 },
    unknown: { max: 10, ttlMs: 500 },
    isChanged: ({ owner }, { kind, id }) => kind === 'user' && owner === id,
    keyOf: ({ kind, id }) => (kind === 'session' ? id : undefined),
    isGood: (_, now) => now % 1_000 < 900,
  })
  const revoke = async (kind: Revocation['kind'], id: string) => {
    rows.push({ tenantId: 't', kind, id, createdAt: new Date(clock.now()) })
    await feed.poll()
  }
  return { clock, cache, feed, readings, revoke }
}

t.test('a revocation of one key takes that one, and of what several have takes them all', async (t) => {
  const { cache, readings, revoke } = await setup()
  for (const key of ['a1', 'a2', 'b1']) await cache.find(key)
  await revoke('session', 'a1')
  for (const key of ['a1', 'a2', 'b1']) await cache.find(key)
  t.same([...readings.values()], [2, 1, 1])
  await revoke('user', 'a')
  for (const key of ['a1', 'a2', 'b1']) await cache.find(key)
  t.same([...readings.values()], [3, 2, 1])
  await revoke('tenant', 'a1')
  await cache.find('a1')
  t.equal(readings.get('a1'), 3, 'neither')
})

t.test('what is no longer good is read again, and so is what is asked for anew', async (t) => {
  const { cache, readings, clock, feed } = await setup()
  await cache.find('a1')
  clock.advance(900)
  await feed.poll()
  t.match(await cache.find('a1'), { readings: 2 })
  clock.advance(200)
  await feed.poll()
  t.match(await cache.find('a1'), { readings: 2 }, 'the new reading is remembered')
  t.match(await cache.findAnew('a1'), { readings: 3 })
  t.match(await cache.find('a1'), { readings: 3 })
  t.equal(readings.get('a1'), 3)
})

t.test('nothing there is remembered for its own, shorter time', async (t) => {
  const { cache, readings, clock } = await setup()
  t.equal(await cache.find('none'), undefined)
  await cache.find('none')
  t.equal(readings.get('none'), 1)
  clock.advance(500)
  await cache.find('none')
  t.equal(readings.get('none'), 2)
})
