// Redis carries wake-ups only: whatever becomes of it, what was promised arrives, once, and sign-ins go on meanwhile.

import { until } from '@postern/testkit/poll'
import { type TestRedis, testRedis } from '@postern/testkit/redis'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { type Parts, takeApart } from '../src/parts.ts'
import { tokenIn } from '../src/postern.client.ts'
import { losePostgres } from '../src/postgres-outage.ts'
import { expectOnce, type Promised, promise, untilAll } from '../src/promised.ts'

/**
 * The relay asks the queue, each second, for what was queued 10 s ago; then the mails are sent. That, five times, for a
 * busy machine: nothing else finds them.
 */
const WINDOW_MS = 75_000
const SERVICES = ['gateway', 'notifier', 'audit'] as const

t.test('Redis is lost', async (t) => {
  const redis = await testRedis(t)
  const parts = await takeApart(t, redis.url)
  await parts.start('sandbox', 'gateway', 'audit')
  await Promise.all([parts.service('sandbox').ready(), parts.service('gateway').ready()])
  await t.test('FLUSHALL while mails wait: each arrives once, soon', (t) => flush(t, parts, redis))
  await t.test('killed and back empty while all runs: each mail arrives once', (t) =>
    restart(t, parts, redis),
  )
  await t.test('down when the services start: links are promised, sign-ins work, mails follow', (t) =>
    boot(t, parts, redis),
  )
  await t.test('Postgres is killed while all runs: clean refusals, no second intent, all mails', (t) =>
    losePostgres(t, parts),
  )
})

async function flush(t: Test, parts: Parts, { url }: TestRedis) {
  const links = await promise(parts, 10)
  await untilAll(parts, links, 'queued')
  await inRedis(url, async (redis) => {
    await untilJobs(redis, links)
    await redis.flushall()
  })
  const began = performance.now()
  await parts.start('notifier')
  await parts.service('notifier').ready()
  await expectOnce(t, parts, { links, deadlineMs: WINDOW_MS - (performance.now() - began) })
}

async function inRedis(url: string, work: (redis: Redis) => Promise<void>): Promise<void> {
  const redis = new Redis(url)
  try {
    await work(redis)
  } finally {
    redis.disconnect()
  }
}

/** Answers when a job with each is in Redis, and so would be lost with it. */
async function untilJobs(redis: Redis, links: readonly Promised[]): Promise<void> {
  const all = async () => {
    const jobs = (await redis.keys('*')).filter((key) => /:[\da-f-]{36}\.\d+$/.test(key))
    const carried = (await Promise.all(jobs.map((key) => redis.hget(key, 'data')))).join()
    return links.every(({ deliveryId }) => carried.includes(deliveryId))
  }
  await until(all, { deadlineMs: 30_000, what: 'a job for each mail' })
}

async function restart(t: Test, parts: Parts, redis: TestRedis) {
  const { client } = parts
  const [early] = await promise(parts, 1)
  const token = tokenIn(await client.mail(early?.email ?? ''))
  await client.fault({ mode: 'delay', delay_ms: 2_500, times: 3 })
  const held = await promise(parts, 3)
  await untilAll(parts, held, 'sending')
  parts.service('notifier').freeze()
  const queued = await promise(parts, 3)
  await untilAll(parts, queued, 'queued')
  await inRedis(redis.url, (connection) => untilJobs(connection, queued))
  await redis.kill()
  parts.service('notifier').thaw()
  const waiting = await promise(parts, 5)
  // Whoever asked the queue would wait two seconds for it.
  const quickest = Math.min(...waiting.map(({ ms }) => ms))
  t.ok(quickest < 1_000, `promised within ${Math.round(quickest)} ms`)
  t.equal((await client.verify(token)).status, 200, 'sign-ins work')
  await untilSaid(parts, 503)
  t.equal(await parts.service('gateway').readiness(), 200, 'the gateway needs no queue')
  await redis.start()
  await expectOnce(t, parts, { links: [...held, ...queued, ...waiting], deadlineMs: WINDOW_MS })
  await untilSaid(parts, 200)
  expectRunning(t, parts)
}

async function boot(t: Test, parts: Parts, redis: TestRedis) {
  const { client } = parts
  const [early] = await promise(parts, 1)
  const token = tokenIn(await client.mail(early?.email ?? ''))
  await Promise.all(SERVICES.map((name) => parts.service(name).end('SIGTERM')))
  await redis.kill()
  await parts.start(...SERVICES)
  await Promise.all(SERVICES.map((name) => parts.service(name).listening()))
  await parts.service('gateway').ready()
  t.equal(await parts.service('notifier').readiness(), 503)
  const links: Promised[] = await promise(parts, 5)
  t.equal((await client.verify(token)).status, 200, 'sign-ins work')
  t.same((await Promise.all(links.map(({ deliveryId }) => client.vendorCalls(deliveryId)))).flat(), [])
  await redis.start()
  await expectOnce(t, parts, { links, deadlineMs: WINDOW_MS })
  await untilSaid(parts, 200)
  expectRunning(t, parts)
}

/** Whether they take work is what the probes of those that live by the queue say. */
async function untilSaid(parts: Parts, status: number): Promise<void> {
  for (const name of ['notifier', 'audit'] as const) {
    const said = async () => (await parts.service(name).readiness()) === status
    await until(said, { deadlineMs: 30_000, everyMs: 50, what: `${name} answers ${status}` })
  }
}

function expectRunning(t: Test, parts: Parts): void {
  t.ok(
    SERVICES.every((name) => parts.service(name).running()),
    'none had to be started again',
  )
}
