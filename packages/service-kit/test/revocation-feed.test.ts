import { capturedLogger } from '@postern/testkit/captured-logs'
import { manualClock } from '@postern/testkit/manual-clock'
import { until } from '@postern/testkit/poll'
import t from 'tap'
import { createRevocationFeed, type Revocation } from '../src/revocation-feed.ts'

const at = (createdAt: string, id = 'k1', kind: Revocation['kind'] = 'api_key'): Revocation => ({
  tenantId: 't1',
  kind,
  id,
  createdAt: new Date(createdAt),
})
const ONE = at('2026-11-20T11:59:59Z')

function setup() {
  const clock = manualClock()
  const logs = capturedLogger()
  const source = { rows: [] as Revocation[], error: undefined as Error | undefined, asked: [] as number[] }
  const feed = createRevocationFeed({
    clock,
    logger: logs.logger,
    pollMs: 1,
    read: async (seconds) => {
      source.asked.push(seconds)
      if (source.error) throw source.error
      return [...source.rows]
    },
  })
  const heard: string[] = []
  let recoveries = 0
  feed.onRevoked(({ id }) => heard.push(id))
  feed.onRecovered(() => {
    recoveries += 1
  })
  return { clock, logs, source, feed, heard, recoveries: () => recoveries }
}

t.test('the feed is stale until it was read, fresh for one second, then stale again', async (t) => {
  const { feed, clock } = setup()
  t.equal(feed.isFresh(), false)
  await feed.poll()
  t.equal(feed.isFresh(), true)
  clock.advance(1_000)
  t.equal(feed.isFresh(), true)
  clock.advance(1)
  t.equal(feed.isFresh(), false)
})

t.test('a clock that is set back does not make an old reading fresh', async (t) => {
  const { feed, clock } = setup()
  await feed.poll()
  clock.advance(-60_000)
  t.equal(feed.isFresh(), false)
})

t.test('freshness counts from when the reading began', async (t) => {
  const clock = manualClock()
  const feed = createRevocationFeed({
    clock,
    logger: capturedLogger().logger,
    read: async () => {
      clock.advance(900)
      return []
    },
  })
  await feed.poll()
  t.equal(feed.isFresh(), true)
  clock.advance(101)
  t.equal(feed.isFresh(), false)
})

t.test('each revocation is told once, however often it is re-read', async (t) => {
  const { feed, source, heard } = setup()
  source.rows = [ONE]
  await feed.poll()
  await feed.poll()
  t.same(heard, ['k1'])
  t.equal(feed.isRevoked('api_key', 'k1'), true)
  t.equal(feed.isRevoked('tenant', 'k1'), false)
  t.same(source.asked, [30, 30])
})

t.test('one that commits late, behind newer ones, is still told', async (t) => {
  const { feed, source, heard } = setup()
  source.rows = [at('2026-11-20T11:59:59Z', 'new')]
  await feed.poll()
  source.rows = [at('2026-11-20T11:59:40Z', 'late'), ...source.rows]
  await feed.poll()
  t.same(heard, ['new', 'late'])
})

t.test('the same tenant changed twice is told twice, even within one millisecond', async (t) => {
  const { feed, source, heard } = setup()
  source.rows = [ONE]
  await feed.poll()
  source.rows = [ONE, ONE]
  await feed.poll()
  source.rows = [ONE, ONE, at('2026-11-20T11:59:59.500Z')]
  await feed.poll()
  t.same(heard, ['k1', 'k1', 'k1'])
  t.equal(feed.mark(), 4, 'the first reading and three revocations')
})

t.test('what left the window is forgotten, so memory is bounded', async (t) => {
  const { feed, source } = setup()
  source.rows = [ONE]
  await feed.poll()
  source.rows = []
  await feed.poll()
  t.equal(feed.isRevoked('api_key', 'k1'), false)
})

t.test('a failing feed goes stale, is logged once, and its recovery is told', async (t) => {
  const { feed, source, clock, logs, recoveries } = setup()
  await feed.poll()
  t.equal(recoveries(), 1, 'the first reading')
  source.error = new Error('canary')
  t.equal(await feed.poll(), false)
  await feed.poll()
  t.equal(feed.isFresh(), true, 'one second of grace')
  clock.advance(1_500)
  t.equal(feed.isFresh(), false)
  t.equal(logs.lines().filter(({ level }) => level === 'warn').length, 1)
  source.error = undefined
  t.equal(await feed.poll(), true)
  t.equal(recoveries(), 2)
  await feed.poll()
  t.equal(recoveries(), 2, 'only after it was stale')
  t.notMatch(logs.text(), 'canary')
})

t.test('started, it polls by itself, also past failures, until it is stopped', async (t) => {
  const { feed, source } = setup()
  source.error = new Error('down')
  await feed.start()
  await until(() => source.asked.length > 2, { deadlineMs: 30_000 })
  source.error = undefined
  await until(() => feed.isFresh(), { deadlineMs: 30_000 })
  await feed.stop()
  const polls = source.asked.length
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(source.asked.length, polls)
})
