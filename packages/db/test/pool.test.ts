// Waits are bounded, and a connection that breaks costs one statement at most, never the process.

import { startPostgres } from '@postern/testkit/embedded-postgres'
import { until } from '@postern/testkit/poll'
import { testDatabase, throwawayPostgres } from '@postern/testkit/postgres'
import { sql } from 'kysely'
import t from 'tap'
import { openDatabase } from '../src/pool.ts'
import { connect, refusal } from './fixtures/connect.ts'

const one = sql<{ one: number }>`SELECT 1 AS one`

t.test('a statement that takes too long is ended by the server, and the connection goes on', async (t) => {
  const { gatewayUrl } = await testDatabase(t)
  const database = openDatabase({
    url: gatewayUrl,
    max: 1,
    applicationName: 'pool-test',
    statementTimeoutMs: 100,
  })
  t.teardown(() => database.close())
  const pid = sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`
  const before = await pid.execute(database.db)
  t.equal(await refusal(sql`SELECT pg_sleep(30)`.execute(database.db)), '57014')
  t.same((await pid.execute(database.db)).rows, before.rows)
})

t.test('a pool whose connections are all lent refuses after a second and serves again later', async (t) => {
  const { gatewayUrl } = await testDatabase(t)
  const database = openDatabase({ url: gatewayUrl, max: 1, applicationName: 'pool-test' })
  t.teardown(() => database.close())
  const lent = await database.pool.connect()
  const started = performance.now()
  await t.rejects(one.execute(database.db), { message: /timeout/ })
  const waited = performance.now() - started
  t.ok(waited > 900 && waited < 15_000, `${Math.round(waited)} ms`)
  lent.release()
  t.same((await one.execute(database.db)).rows, [{ one: 1 }])
})

t.test('a lock that is held by somebody else is not waited for longer than two seconds', async (t) => {
  const { gatewayUrl, adminUrl } = await testDatabase(t)
  const admin = await connect(t, adminUrl)
  await admin.query('SELECT pg_advisory_lock(7)')
  const database = openDatabase({ url: gatewayUrl, max: 1, applicationName: 'pool-test' })
  t.teardown(() => database.close())
  t.equal(await refusal(sql`SELECT pg_advisory_lock(7)`.execute(database.db)), '55P03')
})

t.test('connections that break while idle are told and replaced', async (t) => {
  const { gatewayUrl, adminUrl } = await testDatabase(t)
  const told: Error[] = []
  const database = openDatabase({
    url: gatewayUrl,
    max: 3,
    applicationName: 'pool-test',
    onIdleError: (error) => told.push(error),
  })
  t.teardown(() => database.close())
  await Promise.all([1, 2, 3].map(() => sql`SELECT pg_sleep(0.05)`.execute(database.db)))
  const admin = await connect(t, adminUrl)
  const killed = await admin.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'pool-test' AND datname = current_database()`,
  )
  await until(() => told.length === killed.rowCount, {
    deadlineMs: 30_000,
    what: 'every broken connection told',
  })
  t.same((await one.execute(database.db)).rows, [{ one: 1 }])
})

t.test('a server that is killed and comes back is used again without reopening', async (t) => {
  const cluster = await throwawayPostgres()
  const database = openDatabase({ url: cluster.url, max: 4, applicationName: 'pool-test' })
  t.teardown(() => database.close())
  const running = [1, 2, 3].map(() => refusal(sql`SELECT pg_sleep(30)`.execute(database.db)))
  const sleeping = sql`SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'`
  await until(async () => (await sleeping.execute(database.db)).rows.length === 3, { deadlineMs: 30_000 })
  await cluster.kill()
  for (const refused of await Promise.all(running)) t.ok(refused, `${refused}`)
  t.ok(await refusal(one.execute(database.db)), 'while it is away')
  const back = await startPostgres({ dataDir: cluster.dataDir, port: cluster.port, durable: false })
  t.teardown(() => back.stop())
  t.same((await one.execute(database.db)).rows, [{ one: 1 }])
})

t.test('closing ends the connections, whoever used them', async (t) => {
  const { gatewayUrl } = await testDatabase(t)
  for (const byKysely of [true, false]) {
    const { db, pool, close } = openDatabase({ url: gatewayUrl, max: 1, applicationName: 'pool-test' })
    await (byKysely ? one.execute(db) : pool.query('SELECT 1'))
    await close()
    t.ok(pool.ended)
    await t.rejects(pool.query('SELECT 1'))
  }
})
