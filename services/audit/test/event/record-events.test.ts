// Events go through the real queue, on both of its backends, and arrive exactly once: while several services work,
// when their jobs come twice, overlap, or name what was never there.

import { randomUUID } from 'node:crypto'
import { QUEUES } from '@postern/contracts/queues'
import { openQueueConnection } from '@postern/queue/connection'
import { createProducer } from '@postern/queue/producer'
import { until } from '@postern/testkit/poll'
import { testRedis } from '@postern/testkit/redis'
import t from 'tap'
import { givenDatabase, startAudit } from '../fixtures/in-process.ts'
import { addTenant, counts, tellEvents } from '../fixtures/trail.ts'

// Far more than it takes: a busy machine is no reason to fail.
const WAIT = { deadlineMs: 45_000 }

async function setup(t: Parameters<typeof givenDatabase>[0], backend: 'Redis' | 'Postgres') {
  const { urls, admin } = await givenDatabase(t)
  const queueUrl = backend === 'Redis' ? (await testRedis(t)).url : urls.auditUrl
  const tenants = [await addTenant(admin), await addTenant(admin)] as const
  const start = () => startAudit(t, urls, { queueUrl, jobs: true })
  const arrived = (recorded: number) => async () => {
    const seen = await counts(admin)
    return seen.waiting === 0 && seen.recorded === recorded
  }
  return { urls, admin, queueUrl, tenants, start, arrived }
}

/** The figure of a counter in Prometheus' text. */
function figure(text: string, name: string, labels = ''): number {
  return Number(new RegExp(`^${name}${labels} (\\d+)`, 'm').exec(text)?.[1] ?? 0)
}

for (const backend of ['Redis', 'Postgres'] as const) {
  t.test(`events of every tenant arrive through the queue on ${backend}, each once`, async (t) => {
    const { admin, tenants, start, arrived } = await setup(t, backend)
    const services = [await start(), await start()]
    for (const tenant of tenants) await tellEvents(admin, tenant.id, 700)
    await until(arrived(1400), { ...WAIT, what: 'all events in the trail' })
    const { rows } = await admin.query<{ n: number }>(
      'SELECT count(DISTINCT id)::int AS n FROM audit_events GROUP BY tenant_id',
    )
    t.same(rows, [{ n: 700 }, { n: 700 }])
    const counted = async () => {
      const texts = await Promise.all(services.map(({ context }) => context.telemetry.metricsText()))
      const moved = texts.map((text) => figure(text, 'postern_events_recorded_total'))
      return moved.reduce((sum, n) => sum + n, 0)
    }
    // A service counts after its commit, which is seen here before it is seen there.
    await until(async () => (await counted()) >= 1400, { ...WAIT, what: 'all events counted' })
    t.equal(await counted(), 1400, 'and each is counted once')
  })

  t.test(`jobs that come twice, overlap or name nothing record each event once on ${backend}`, async (t) => {
    const { admin, queueUrl, tenants, start, arrived } = await setup(t, backend)
    const ids = await tellEvents(admin, tenants[0].id, 300)
    const services = [await start(), await start()]
    const connection = await openQueueConnection({
      url: queueUrl,
      name: 'test',
      logger: services[0]?.logs.logger ?? console,
    })
    const producer = createProducer(connection, QUEUES.recordEvents)
    t.teardown(async () => {
      await producer.close()
      await connection.close()
    })
    await until(() => producer.ready(), { ...WAIT, what: 'the queue' })
    const nothing = Array.from({ length: 20 }, () => randomUUID())
    const batches = Array.from({ length: 60 }, (_, n) => {
      const from = (n * 37) % 280
      return n % 20 === 0 ? nothing : ids.slice(from, from + 40)
    })
    await producer.addBulk(
      batches.map((event_ids) => ({ id: randomUUID(), data: { v: 1, event_ids }, traceparent: null })),
    )
    await until(arrived(300), { ...WAIT, what: 'all events in the trail' })
    const ended = async () => {
      const texts = await Promise.all(services.map(({ context }) => context.telemetry.metricsText()))
      const count = (outcome: string) =>
        texts
          .map((text) =>
            figure(text, 'postern_queue_jobs_total', `\\{queue="record-events",outcome="${outcome}"\\}`),
          )
          .reduce((sum, n) => sum + n, 0)
      return { done: count('done'), skipped: count('skipped'), failed: count('failed') }
    }
    const outcomes = await until(
      async () => {
        const seen = await ended()
        return seen.done + seen.skipped + seen.failed >= 60 && seen
      },
      { ...WAIT, what: 'all jobs ended' },
    )
    t.equal(outcomes.failed, 0)
    t.ok(outcomes.skipped >= 3, 'what was recorded before, or never was, is skipped')
    t.same(await counts(admin), { recorded: 300, waiting: 0 })
    t.comment(`${outcomes.done} jobs moved events, ${outcomes.skipped} found nothing left to move`)
  })
}

t.test('an event that is told while a batch is being recorded waits for the next', async (t) => {
  const { admin, tenants, start, arrived } = await setup(t, 'Redis')
  await start()
  for (let told = 1; told <= 5; told++) {
    await tellEvents(admin, tenants[told % 2]?.id ?? '', 10)
    await until(arrived(told * 10), { ...WAIT, what: `${told * 10} events` })
  }
  t.pass('all arrived')
})
