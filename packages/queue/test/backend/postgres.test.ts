// The Postgres backend holds to the suite, as a service role with no more rights than production's.

import { randomBytes } from 'node:crypto'
import { QUEUES } from '@postern/contracts/queues'
import { ensureDatabase, ensureRoles, SERVICE_ROLES } from '@postern/db/roles'
import { startPostgres } from '@postern/testkit/embedded-postgres'
import { until } from '@postern/testkit/poll'
import { throwawayPostgres } from '@postern/testkit/postgres'
import { createPostgresBackend, Queue } from 'bullmq'
import pg from 'pg'
import t from 'tap'
import { migrateQueueSchema } from '../../src/migrate-bullmq.ts'
import { checkQueue } from '../../src/readiness.ts'
import { conformance } from './conformance.ts'
import { type MakeRig, openParts } from './rig.ts'

const password = randomBytes(12).toString('hex')
const passwords = { owner: password, gateway: password, notifier: password, audit: password }

/** One cluster for the file, killed and started again by its tests; a database for each. It ends with this process. */
let cluster = await throwawayPostgres()
const { dataDir, port, url: superUrl } = cluster

let up = true
async function start() {
  cluster = { ...(await startPostgres({ dataDir, port, durable: false })), dataDir }
  up = true
}

async function asAdmin(work: (admin: pg.Client) => Promise<unknown>, url = superUrl) {
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  try {
    await work(admin)
  } finally {
    await admin.end()
  }
}

await asAdmin((admin) => ensureRoles(admin, passwords))

const urlOf = (role: string, database: string) =>
  `postgres://postern_${role}:${password}@127.0.0.1:${port}/${database}`

async function emptyDatabase(): Promise<string> {
  if (!up) await start()
  const name = `queue_${randomBytes(6).toString('hex')}`
  await asAdmin((admin) => ensureDatabase(admin, name))
  return name
}

const makeRig: MakeRig = async (t, { started = true } = {}) => {
  const database = await emptyDatabase()
  await migrateQueueSchema(urlOf('owner', database), SERVICE_ROLES)
  const kill = async () => {
    up = false
    await cluster.kill()
  }
  if (!started) await kill()
  const superOf = superUrl.replace(/\/postgres$/, `/${database}`)
  return {
    url: urlOf('gateway', database),
    port,
    kill,
    start,
    loseJobs: () => asAdmin((admin) => admin.query('DELETE FROM bullmq.job'), superOf),
    dump: async () => {
      let text = ''
      await asAdmin(async (admin) => {
        for (const table of ['job', 'event', 'job_log', 'meta']) {
          text += JSON.stringify((await admin.query(`SELECT * FROM bullmq.${table}`)).rows)
        }
      }, superOf)
      return text
    },
    bareQueue: (name) => {
      const connection = { connectionString: urlOf('notifier', database), max: 1 }
      const queue = new Queue(name, { connection }, createPostgresBackend)
      queue.on('error', () => undefined)
      t.teardown(() => queue.close())
      return queue as unknown as Queue
    },
  }
}

t.test('conformance', (t) => conformance(t, makeRig))

t.test('a database without the queue schema is not ready, and is used once it has it', async (t) => {
  const database = await emptyDatabase()
  const { connection, producer } = await openParts(t, urlOf('gateway', database))
  t.match(await checkQueue(connection), { ok: false, reason: /^queue_schema_(missing|denied)$/ })
  await Promise.all([1, 2, 3].map(() => migrateQueueSchema(urlOf('owner', database), SERVICE_ROLES)))
  await until(() => producer.ready(), { deadlineMs: 30_000 })
  t.same(await checkQueue(connection), { ok: true })
})

t.test('a service role works every queue of the catalogue and changes nothing of the schema', async (t) => {
  const database = await emptyDatabase()
  await migrateQueueSchema(urlOf('owner', database), SERVICE_ROLES)
  for (const role of ['gateway', 'notifier', 'audit']) {
    await asAdmin(
      async (service) => {
        for (const { name } of Object.values(QUEUES)) {
          const { rows } = await service.query('SELECT bullmq.next_job_id($1) AS id', [name])
          t.ok(Number(rows[0]?.id) > 0, `${role} adds to ${name}`)
        }
        for (const forbidden of [
          'CREATE TABLE bullmq.mine (id int)',
          'DROP TABLE bullmq.job',
          'TRUNCATE bullmq.job',
          'DELETE FROM bullmq.migration',
          'CREATE TABLE public.mine (id int)',
        ]) {
          await t.rejects(service.query(forbidden), { code: /^42501$/ }, `${role}: ${forbidden}`)
        }
      },
      urlOf(role, database),
    )
  }
})

t.test('a service role that may make no temporary tables cannot add, and readiness says so', async (t) => {
  const database = await emptyDatabase()
  await migrateQueueSchema(urlOf('owner', database), SERVICE_ROLES)
  const { connection } = await openParts(t, urlOf('gateway', database))
  t.same(await checkQueue(connection), { ok: true })
  await asAdmin((admin) => admin.query(`REVOKE TEMPORARY ON DATABASE ${database} FROM postern_gateway`))
  t.same(await checkQueue(connection), { ok: false, reason: 'queue_temporary_tables_denied' })
})
