// The door to tenant tables: what commits, what rolls back, what a broken connection leaves behind.

import { until } from '@postern/testkit/poll'
import { testDatabase } from '@postern/testkit/postgres'
import { sql } from 'kysely'
import t from 'tap'
import type { GatewayDatabase } from '../src/databases/gateway.database.ts'
import { inOneTrip } from '../src/one-trip.ts'
import { alone, type TenantScope, within, withTenant } from '../src/with-tenant.ts'
import { connect, open, refusal, type TestScope } from './fixtures/connect.ts'

const A = '0198a000-0000-7000-8000-00000000000a'
const B = '0198b000-0000-7000-8000-00000000000b'
const scopeOf = (tenantId: string): TenantScope => ({
  tenantId,
  actor: 'api_key:0198a000-0000-7000-8000-0000000000ee',
  requestId: '0198a000-0000-7000-8000-0000000000ff',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
})

async function setup(t: TestScope, max = 5) {
  const urls = await testDatabase(t)
  const database = open<GatewayDatabase>(t, urls.gatewayUrl, max)
  const admin = await connect(t, urls.adminUrl)
  const kept = async () =>
    (await admin.query<{ limit_key: string }>('SELECT limit_key FROM identifier_guards ORDER BY 1')).rows.map(
      (row) => row.limit_key,
    )
  return { database, admin, kept }
}

/** One row, named by `key`; a repeat is refused by the primary key. Answers how many rows of the tenant it saw. */
const keep = (tenantId: string, key: string) => sql<{ seen: number }>`
  INSERT INTO identifier_guards (tenant_id, limit_key, window_started_at, sends)
  VALUES (${tenantId}, ${key}, now(), 1) RETURNING (SELECT count(*)::int FROM identifier_guards) AS seen`

const settings = sql<Record<string, string | null>>`
  SELECT NULLIF(current_setting('app.tenant_id', true), '') AS tenant,
         NULLIF(current_setting('app.actor', true), '') AS actor,
         NULLIF(current_setting('app.request_id', true), '') AS request,
         NULLIF(current_setting('app.traceparent', true), '') AS trace`

t.test('one trip commits its statement and answers its rows', async (t) => {
  const { database, kept } = await setup(t)
  t.same(await inOneTrip(database, scopeOf(A), keep(A, 'one')), [{ seen: 0 }])
  t.same(await inOneTrip(database, scopeOf(A), keep(A, 'two')), [{ seen: 1 }])
  t.same(await inOneTrip(database, scopeOf(B), keep(B, 'three')), [{ seen: 0 }], 'another tenant')
  t.same(await kept(), ['one', 'three', 'two'])
})

t.test('a refused statement rolls back, gives the connection back, and the next use works', async (t) => {
  const { database, kept } = await setup(t, 1)
  const pid = sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`
  const before = await inOneTrip(database, scopeOf(A), pid)
  await inOneTrip(database, scopeOf(A), keep(A, 'one'))
  t.equal(await refusal(inOneTrip(database, scopeOf(A), keep(A, 'one'))), '23505')
  t.equal(await refusal(inOneTrip(database, scopeOf(A), keep(B, 'theirs'))), '42501', 'another tenant’s row')
  t.equal(await refusal(inOneTrip(database, scopeOf(A), sql`SELECT no_such_column`)), '42703')
  t.same(await inOneTrip(database, scopeOf(A), pid), before, 'the same connection goes on')
  t.equal(database.pool.waitingCount, 0)
  t.same(await kept(), ['one'])
})

t.test('a parameter that cannot be sent fails the trip and changes nothing', async (t) => {
  const { database, kept } = await setup(t, 1)
  const unsendable = {
    toPostgres() {
      throw new Error('not today')
    },
  }
  const broken = sql`INSERT INTO identifier_guards (tenant_id, limit_key, window_started_at, sends)
    VALUES (${A}, ${unsendable}, now(), 1)`
  await t.rejects(inOneTrip(database, scopeOf(A), broken), { message: 'not today' })
  t.same(await inOneTrip(database, scopeOf(A), keep(A, 'after')), [{ seen: 0 }])
  t.same(await kept(), ['after'])
})

for (const form of ['one trip', 'withTenant'] as const) {
  t.test(`a backend killed mid-statement fails ${form}, and the pool recovers`, async (t) => {
    const { database, admin, kept } = await setup(t, 2)
    const slow = sql`INSERT INTO identifier_guards (tenant_id, limit_key, window_started_at, sends)
      SELECT ${A}, 'slow', now(), 1 FROM pg_sleep(30)`
    const running =
      form === 'one trip'
        ? refusal(inOneTrip(database, scopeOf(A), slow))
        : refusal(withTenant(database.db, scopeOf(A), (trx) => slow.execute(trx)))
    const killed = await until(
      async () =>
        (
          await admin.query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE application_name = 'db-test' AND datname = current_database() AND wait_event = 'PgSleep'`,
          )
        ).rowCount,
      { deadlineMs: 30_000, what: 'the statement to run' },
    )
    t.equal(killed, 1)
    t.equal(await running, '57P01', 'the failure names what happened')
    t.same(await inOneTrip(database, scopeOf(A), keep(A, 'after')), [{ seen: 0 }])
    t.same(await kept(), ['after'])
    t.equal(database.pool.totalCount, 1, 'the broken connection left the pool')
  })
}

t.test('settings end with the transaction, committed or not', async (t) => {
  const { database } = await setup(t, 1)
  const nothing = { tenant: null, actor: null, request: null, trace: null }
  const { tenantId, actor, requestId, traceparent } = scopeOf(A)
  const armed = { tenant: tenantId, actor, request: requestId, trace: traceparent }
  t.same(await inOneTrip(database, scopeOf(A), settings), [armed])
  t.same((await settings.execute(database.db)).rows, [nothing], 'after a trip')
  await refusal(inOneTrip(database, scopeOf(A), sql`SELECT 1 / 0`))
  t.same((await settings.execute(database.db)).rows, [nothing], 'after a refused trip')
  await withTenant(database.db, scopeOf(A), async (trx) =>
    t.same((await settings.execute(trx)).rows, [armed], 'inside'),
  )
  t.same((await settings.execute(database.db)).rows, [nothing], 'after withTenant')
  await refusal(withTenant(database.db, scopeOf(A), () => Promise.reject(new Error('no'))))
  t.same((await settings.execute(database.db)).rows, [nothing], 'after a withTenant that threw')
  const bare = { tenantId: B, actor: 'service:test', requestId: null, traceparent: null }
  t.match(await inOneTrip(database, bare, settings), [{ request: null, trace: null }])
})

t.test('withTenant commits what its function did, or nothing of it', async (t) => {
  const { database, kept } = await setup(t)
  const answer = await withTenant(database.db, scopeOf(A), async (trx) => {
    await keep(A, 'one').execute(trx)
    return 'done'
  })
  t.equal(answer, 'done')
  const stopped = new Error('half way')
  const half = withTenant(database.db, scopeOf(A), async (trx) => {
    await keep(A, 'two').execute(trx)
    throw stopped
  })
  await t.rejects(half, stopped)
  const refused = withTenant(database.db, scopeOf(A), async (trx) => {
    await keep(A, 'three').execute(trx)
    await keep(A, 'one').execute(trx)
  })
  t.equal(await refusal(refused), '23505')
  t.same(await kept(), ['one'])
})

for (const second of ['a trip of its own', 'a part of a transaction'] as const) {
  t.test(`of two who lock the same thing, the second (${second}) sees what the first wrote`, async (t) => {
    const { database, admin } = await setup(t)
    const waiting = () => waitingFor(admin, 'advisory')
    let other: Promise<{ seen: number }[]> | undefined
    await withTenant(database.db, scopeOf(A), async (trx) => {
      await within(trx, scopeOf(A))(keep(A, 'first'), 'the same thing')
      const free = await inOneTrip(database, scopeOf(A), keep(A, 'else'), ['another thing'])
      t.same(free, [{ seen: 0 }], 'another lock does not wait')
      other =
        second === 'a trip of its own'
          ? alone(database, scopeOf(A))(keep(A, 'second'), 'the same thing')
          : withTenant(database.db, scopeOf(A), (inner) =>
              within(inner, scopeOf(A))(keep(A, 'second'), 'the same thing'),
            )
      await until(waiting, { deadlineMs: 30_000, what: 'the second to wait for the lock' })
    })
    t.same(await other, [{ seen: 2 }])
  })
}

/** How many connections of the test wait for a lock of this kind. */
async function waitingFor(admin: Awaited<ReturnType<typeof connect>>, event: string): Promise<number | null> {
  const { rowCount } = await admin.query(
    `SELECT FROM pg_stat_activity WHERE application_name = 'db-test' AND datname = current_database()
       AND wait_event_type = 'Lock' AND wait_event = $1`,
    [event],
  )
  return rowCount
}

t.test('a hundred at once who lock the same thing run one after the other', async (t) => {
  const { database } = await setup(t, 10)
  const rows = await Promise.all(
    Array.from({ length: 100 }, (_, n) => inOneTrip(database, scopeOf(A), keep(A, `n${n}`), ['one thing'])),
  )
  const seen = rows.flat().map((row) => row.seen)
  t.same(
    seen.sort((a, b) => a - b),
    Array.from({ length: 100 }, (_, n) => n),
  )
})

t.test('a trip whose snapshot is too old is tried again, three times at most', async (t) => {
  const { database, admin } = await setup(t)
  await admin.query('CREATE SEQUENCE tries; GRANT USAGE ON SEQUENCE tries TO postern_gateway')
  const until3 = sql<{ n: string }>`
    WITH t AS MATERIALIZED (SELECT nextval('tries') AS n)
    SELECT n, CASE WHEN n < 3 THEN stale_snapshot() END FROM t`
  t.match(await inOneTrip(database, scopeOf(A), until3), [{ n: '3' }])
  const never = sql`SELECT stale_snapshot(), nextval('tries')`
  t.equal(await refusal(inOneTrip(database, scopeOf(A), never)), '40001')
  t.equal(database.pool.waitingCount, 0)
})

t.test(
  'an event carries the actor, request and trace of its transaction, and without an actor it fails',
  async (t) => {
    const { database, admin } = await setup(t)
    const tell = sql`INSERT INTO outbox (tenant_id, kind, subject, outcome)
    VALUES (${A}, 'user.created', 'user:0198a000-0000-7000-8000-000000000001', 'success')`
    await inOneTrip(database, scopeOf(A), tell)
    await withTenant(database.db, { ...scopeOf(A), requestId: null, traceparent: null }, (trx) =>
      tell.execute(trx),
    )
    const { rows } = await admin.query('SELECT actor, request_id, traceparent FROM outbox ORDER BY id')
    const { actor, requestId, traceparent } = scopeOf(A)
    t.same(rows, [
      { actor, request_id: requestId, traceparent },
      { actor, request_id: null, traceparent: null },
    ])
    const nobody = { ...scopeOf(A), actor: '' }
    t.equal(await refusal(inOneTrip(database, nobody, tell)), '23502')
    t.equal(await refusal(withTenant(database.db, nobody, (trx) => tell.execute(trx))), '23502')
    t.equal((await admin.query('SELECT FROM outbox')).rowCount, 2)
  },
)
