// The way of an event from the outbox to the trail: named while it waits, recorded exactly once.

import { until } from '@postern/testkit/poll'
import { testDatabase } from '@postern/testkit/postgres'
import t from 'tap'
import type { AuditDatabase } from '../src/databases/audit.database.ts'
import { claimEvents, recordEvents } from '../src/relay.store.ts'
import { connect, openWarm, type TestScope } from './fixtures/connect.ts'
import { A, addEvent, B } from './fixtures/rows.ts'

async function setup(t: TestScope, max = 5) {
  const urls = await testDatabase(t)
  const admin = await connect(t, urls.adminUrl)
  const { db } = await openWarm<AuditDatabase>(t, urls.auditUrl, max)
  const count = async (table: string) =>
    (await admin.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`)).rows[0]?.n
  const add = async (n: number) => {
    const ids: string[] = []
    for (let i = 0; i < n; i++) ids.push(await addEvent(admin, { tenantId: i % 2 ? A : B, due: i - n }))
    return ids
  }
  return { urls, admin, db, count, add }
}

/** The same ids in another order each time. */
function shuffled(ids: string[], seed: number): string[] {
  return ids
    .map((id, index) => [(index * 7919 + seed * 104729) % 1009, id] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, id]) => id)
}

t.test('due events are named oldest first, and not again for ten seconds', async (t) => {
  const { admin, db } = await setup(t)
  const third = await addEvent(admin, { due: -1 })
  const first = await addEvent(admin, { due: -3, tenantId: B })
  const second = await addEvent(admin, { due: -2 })
  await addEvent(admin, { due: 5 })
  t.same((await claimEvents(db, 2)).sort(), [first, second].sort())
  t.same(await claimEvents(db, 10), [third])
  t.same(await claimEvents(db, 10), [])
  await admin.query(`UPDATE outbox SET due_at = due_at - interval '10 seconds'`)
  t.equal((await claimEvents(db, 10)).length, 4, 'named again, since nobody recorded them')
})

t.test('a hundred who ask at once are never named the same event', async (t) => {
  const { db, add } = await setup(t, 50)
  const ids = await add(300)
  const named = (await Promise.all(Array.from({ length: 100 }, () => claimEvents(db, 5)))).flat()
  for (let rest = [...named]; rest.length > 0; named.push(...rest)) rest = await claimEvents(db, 50)
  t.same(named.sort(), ids.sort())
})

t.test('an event is recorded with all it told, and the trace id alone of its trace', async (t) => {
  const { admin, db, count } = await setup(t)
  const trace = '0af7651916cd43dd8448eb211c80319c'
  const id = await addEvent(admin, {
    tenantId: B,
    traceparent: `00-${trace}-b7ad6b7169203331-01`,
    reason: 'why',
    data: { n: 1, deep: { a: ['b'] } },
  })
  const odd = await addEvent(admin, { traceparent: 'not a trace' })
  const { rows: before } = await admin.query('SELECT * FROM outbox WHERE id = $1', [id])
  t.equal(await recordEvents(db, [id, odd]), 2)
  t.equal(await count('outbox'), 0)
  const { rows } = await admin.query('SELECT * FROM audit_events WHERE id = $1', [id])
  const { recorded_at, trace_id, ...kept } = rows[0] as Record<string, unknown>
  const { due_at, traceparent, ...told } = before[0] as Record<string, unknown>
  t.same(kept, told)
  t.equal(trace_id, trace)
  t.ok(recorded_at instanceof Date && due_at instanceof Date && typeof traceparent === 'string')
  t.match((await admin.query('SELECT trace_id FROM audit_events WHERE id = $1', [odd])).rows, [
    { trace_id: null },
  ])
})

t.test('recording again, or what does not exist, changes nothing', async (t) => {
  const { db, count, add } = await setup(t)
  const ids = await add(10)
  t.equal(await recordEvents(db, ids), 10)
  t.equal(await recordEvents(db, ids), 0)
  t.equal(await recordEvents(db, ['0198a000-0000-7000-8000-000000000001']), 0)
  t.equal(await recordEvents(db, []), 0)
  t.equal(await count('audit_events'), 10)
})

t.test('twenty who record the same events at once, in any order, record each exactly once', async (t) => {
  const { admin, db, count, add } = await setup(t, 20)
  for (let round = 1; round <= 5; round++) {
    const ids = await add(200)
    const calls = Array.from({ length: 20 }, (_, seed) => recordEvents(db, shuffled(ids, seed)))
    const counts = await Promise.all(calls)
    t.equal(
      counts.reduce((sum, n) => sum + n, 0),
      200,
    )
    t.equal(await count('audit_events'), 200 * round)
    t.equal(await count('outbox'), 0)
  }
  const { rows } = await admin.query('SELECT count(DISTINCT id)::int AS n FROM audit_events')
  t.same(rows, [{ n: 1000 }])
})

t.test(
  'recording takes its rows in the order of their ids, so two of it never wait for each other',
  async (t) => {
    const { urls, admin, db, count } = await setup(t)
    const [low, high] = ['0198a000-0000-7000-8000-000000000001', '0198a000-0000-7000-8000-000000000002']
    for (const id of [high, low]) await addEvent(admin, { id })
    const other = await connect(t, urls.adminUrl)
    await other.query('BEGIN')
    await other.query('SELECT FROM outbox WHERE id = $1 FOR UPDATE', [low])
    const recording = recordEvents(db, [high, low])
    const waits = async () =>
      (
        await admin.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        )
      ).rowCount
    await until(waits, { deadlineMs: 30_000, what: 'the recording to wait' })
    const free = await other.query('SELECT FROM outbox WHERE id = $1 FOR UPDATE NOWAIT', [high])
    t.equal(free.rowCount, 1, 'the second row is not taken while the first is waited for')
    await other.query('COMMIT')
    t.equal(await recording, 2)
    t.equal(await count('outbox'), 0)
  },
)

t.test('naming and recording side by side lose and double nothing', async (t) => {
  const { db, count, add } = await setup(t, 20)
  await add(400)
  const work = async () => {
    let moved = 0
    for (let ids = await claimEvents(db, 30); ids.length > 0; ids = await claimEvents(db, 30)) {
      moved += await recordEvents(db, ids)
    }
    return moved
  }
  const moved = await Promise.all(Array.from({ length: 20 }, work))
  t.equal(
    moved.reduce((sum, n) => sum + n, 0),
    400,
  )
  t.equal(await count('audit_events'), 400)
})

t.test('an event recorded while it is being named again is still recorded once', async (t) => {
  const { admin, db, count, add } = await setup(t, 20)
  const ids = await add(50)
  const renamed = admin.query(`UPDATE outbox SET due_at = now() WHERE id = ANY ($1)`, [ids])
  const counts = await Promise.all([
    ...Array.from({ length: 10 }, (_, n) => recordEvents(db, shuffled(ids, n))),
    ...Array.from({ length: 10 }, () => claimEvents(db, 50).then(() => 0)),
  ])
  await renamed
  t.equal(
    counts.reduce((sum, n) => sum + n, 0),
    50,
  )
  t.equal(await count('audit_events'), 50)
})
