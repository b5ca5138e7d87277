// Postgres and Redis go away and come back, or are not there yet: the same process works again without a restart, and
// while it cannot work it says so.

import { until } from '@postern/testkit/poll'
import { testRedis } from '@postern/testkit/redis'
import t from 'tap'
import { ownCluster } from '../fixtures/own-cluster.ts'
import { secretsFolder, spawnAudit } from '../fixtures/process.ts'
import { addTenant, counts, tellEvents } from '../fixtures/trail.ts'

// Each has a cluster of its own, and mostly waits for it.
t.jobs = 2

const RECOVERY = { deadlineMs: 30_000 }

interface Readiness {
  status: string
  checks: Record<string, { ok: boolean; reason?: string }>
}

const readiness = async (url: string) => {
  const answer = await fetch(`${url}/readyz`)
  return { code: answer.status, ...((await answer.json()) as Readiness) }
}

async function setup(t: Parameters<typeof ownCluster>[0], queue: 'Redis' | 'Postgres') {
  const cluster = await ownCluster(t)
  const redis = queue === 'Redis' ? await testRedis(t) : undefined
  const tenant = await addTenant(cluster.admin)
  const secrets = { 'database-url-audit': cluster.auditUrl, ...(redis && { 'queue-url': redis.url }) }
  const start = async () => spawnAudit(t, { POSTERN_SECRETS_DIR: await secretsFolder(t, secrets) })
  const recorded = (n: number) => async () => (await counts(cluster.admin)).recorded === n
  const list = (url: string) => fetch(`${url}/v1/events`, { headers: tenant.headers })
  return { cluster, redis, tenant, start, recorded, list }
}

for (const queue of ['Redis', 'Postgres'] as const) {
  t.test(`Postgres is killed and comes back; the queue is on ${queue}`, async (t) => {
    const { cluster, tenant, start, recorded, list } = await setup(t, queue)
    const audit = await start()
    const url = await audit.ready()
    await tellEvents(cluster.admin, tenant.id, 20)
    await until(recorded(20), { ...RECOVERY, what: 'events before' })
    t.equal((await list(url)).status, 200)

    await cluster.kill()
    const refused = await list(url)
    t.equal(refused.status, 503)
    t.ok(refused.headers.get('retry-after'))
    const body = (await refused.json()) as { error: { code: string } }
    t.equal(body.error.code, 'SERVICE_UNAVAILABLE')
    const down = await readiness(url)
    t.equal(down.code, 503)
    t.equal(down.checks.database?.ok, false)
    t.equal((await fetch(`${url}/livez`)).status, 200, 'it is alive all the time')

    await cluster.start()
    await tellEvents(cluster.admin, tenant.id, 30)
    await until(recorded(50), { ...RECOVERY, what: 'events after' })
    const shown = (await (await list(url)).json()) as { data: { items: unknown[] } }
    t.equal(shown.data.items.length, 50)
    await until(async () => (await readiness(url)).code === 200, { ...RECOVERY, what: 'ready again' })
    t.ok(audit.running(), 'the same process')
    t.equal(await audit.end('SIGTERM'), 0)
  })

  t.test(`the service starts while Postgres is down; the queue is on ${queue}`, async (t) => {
    const { cluster, tenant, start, recorded, list } = await setup(t, queue)
    await cluster.kill()
    const audit = await start()
    const url = await audit.ready()
    t.equal((await fetch(`${url}/livez`)).status, 200)
    t.equal((await readiness(url)).code, 503)
    t.equal((await list(url)).status, 503)
    await cluster.start()
    await tellEvents(cluster.admin, tenant.id, 10)
    await until(recorded(10), { ...RECOVERY, what: 'events' })
    await until(async () => (await readiness(url)).code === 200, { ...RECOVERY, what: 'ready' })
    t.equal((await list(url)).status, 200)
    t.ok(audit.running())
  })
}

t.test('the service starts while Redis is down, lists meanwhile, and records when it is there', async (t) => {
  const { cluster, redis, tenant, start, recorded, list } = await setup(t, 'Redis')
  await redis?.kill()
  const audit = await start()
  const url = await audit.ready()
  await tellEvents(cluster.admin, tenant.id, 10)
  t.equal((await list(url)).status, 200)
  const down = await readiness(url)
  t.equal(down.code, 503)
  t.same(down.checks.queue, { ok: false, reason: 'queue_unreachable' })
  t.same(down.checks.database, { ok: true })
  await redis?.start()
  await until(recorded(10), { ...RECOVERY, what: 'events' })
  await until(async () => (await readiness(url)).code === 200, { ...RECOVERY, what: 'ready' })
})

t.test('Redis is killed with jobs in it and comes back empty: every event still arrives', async (t) => {
  const { cluster, redis, tenant, start, recorded } = await setup(t, 'Redis')
  const audit = await start()
  await audit.ready()
  await tellEvents(cluster.admin, tenant.id, 10)
  await until(recorded(10), { ...RECOVERY, what: 'events before' })
  // The trail is locked, so jobs stay in the queue until it is gone.
  const holder = await cluster.admin.connect()
  await holder.query('BEGIN; LOCK TABLE audit_events IN SHARE ROW EXCLUSIVE MODE')
  await tellEvents(cluster.admin, tenant.id, 40)
  const waits = async () =>
    (
      await cluster.admin.query(
        `SELECT FROM pg_stat_activity WHERE application_name = 'postern-audit' AND wait_event_type = 'Lock'`,
      )
    ).rowCount
  await until(waits, { deadlineMs: 30_000, what: 'a batch that waits for the trail' })
  await redis?.kill()
  await holder.query('ROLLBACK')
  holder.release()
  await redis?.start()
  await until(recorded(50), { ...RECOVERY, what: 'events after' })
  t.same(await counts(cluster.admin), { recorded: 50, waiting: 0 })
  t.ok(audit.running())
})
