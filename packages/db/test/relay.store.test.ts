// The relay's statements on deliveries: who is handed out, in which order, how often, and what is told about it.

import { testDatabase } from '@postern/testkit/postgres'
import t from 'tap'
import type { GatewayDatabase } from '../src/databases/gateway.database.ts'
import { type DrivenDelivery, relayStore } from '../src/relay.store.ts'
import { connect, open, openWarm, type TestScope } from './fixtures/connect.ts'
import { A, addAttempt, addDelivery, addEvent, B, takeEvents } from './fixtures/rows.ts'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

async function setup(t: TestScope) {
  const urls = await testDatabase(t)
  const admin = await connect(t, urls.adminUrl)
  const relay = relayStore(open<GatewayDatabase>(t, urls.gatewayUrl).db)
  const look = async (id: string) =>
    (
      await admin.query(
        `SELECT status, drive, fence::int, payload IS NULL AS wiped, lease_until AS lease,
                due_at IS NOT NULL AS waits, due_at BETWEEN now() AND now() + interval '10 seconds' AS soon
       FROM deliveries WHERE id = $1`,
        [id],
      )
    ).rows[0]
  return { urls, admin, relay, look }
}

/** Without the time, which is the database's. */
const apart = (rows: DrivenDelivery[]) => rows.map(({ queuedAt, ...row }) => row)
const idsOf = (rows: DrivenDelivery[]) => rows.map((row) => row.deliveryId)

t.test('due deliveries of all tenants are handed out oldest first, each with the next drive', async (t) => {
  const { admin, relay, look } = await setup(t)
  const second = await addDelivery(admin, { due: -20, tenantId: B, channel: 'sms' })
  const fourth = await addDelivery(admin, { due: -5, status: 'scheduled' })
  const first = await addDelivery(admin, { due: -30, drive: 4, status: 'sending', traceparent: TRACE })
  const third = await addDelivery(admin, { due: -10 })
  const claimed = await relay.claimDue(3)
  t.same(apart(claimed), [
    { tenantId: A, deliveryId: first, channel: 'email', drive: 5, traceparent: TRACE, leaseEnded: true },
    { tenantId: B, deliveryId: second, channel: 'sms', drive: 1, traceparent: null, leaseEnded: false },
    { tenantId: A, deliveryId: third, channel: 'email', drive: 1, traceparent: null, leaseEnded: false },
  ])
  const [{ since }] = (
    await admin.query(`SELECT due_at - interval '10 seconds' AS since FROM deliveries WHERE id = $1`, [first])
  ).rows
  t.same(
    claimed.map(({ queuedAt }) => queuedAt),
    [since, since, since],
  )
  t.match(await look(first), { status: 'queued', drive: 5, soon: true, fence: 3, wiped: false })
  t.same(idsOf(await relay.claimDue(3)), [fourth])
  t.same(await relay.claimDue(3), [])
})

t.test('what is not due, over, running or ended is left alone', async (t) => {
  const { admin, relay } = await setup(t)
  await addDelivery(admin, { due: 60 })
  await addDelivery(admin, { due: null })
  await addDelivery(admin, { expires: -1 })
  await addDelivery(admin, { status: 'sending', due: 60 })
  for (const status of ['queued', 'accepted', 'delivered', 'failed', 'expired', 'cancelled'] as const) {
    await addDelivery(admin, { status })
  }
  for (const status of ['suppressed', 'dead_letter', 'unknown'] as const) await addDelivery(admin, { status })
  t.same(await relay.claimDue(100), [])
  t.same(await takeEvents(admin), [])
})

t.test('each hand-over is told once, with the drive and the trace', async (t) => {
  const { admin, relay } = await setup(t)
  const id = await addDelivery(admin, { traceparent: TRACE, tenantId: B })
  await relay.claimDue(10)
  t.same(await takeEvents(admin), [
    {
      tenant_id: B,
      kind: 'delivery.queued',
      actor: 'service:relay',
      subject: `delivery:${id}`,
      outcome: 'success',
      reason: null,
      traceparent: TRACE,
      data: { drive: 1, channel: 'email' },
    },
  ])
  await relay.claimDue(10)
  await relay.redriveLost('email', null, 10)
  t.same(await takeEvents(admin), [], 'nothing more')
})

t.test('a hundred relays at once never hand out a delivery twice', async (t) => {
  const { urls, admin } = await setup(t)
  await admin.query(
    `INSERT INTO deliveries (tenant_id, id, channel, template, status, decoy, send_at, expires_at, due_at)
     SELECT $1, uuidv7(), 'email', 'magic_link', 'pending', false, now(), now() + interval '1 hour',
            now() - n * interval '1 second' FROM generate_series(1, 500) AS n`,
    [A],
  )
  const relays = await Promise.all(
    [urls.gatewayUrl, urls.notifierUrl, urls.auditUrl].map(async (url) =>
      relayStore((await openWarm<GatewayDatabase>(t, url, 34)).db),
    ),
  )
  const claims = Array.from({ length: 100 }, (_, n) => relays[n % 3]?.claimDue(7) ?? [])
  const won = (await Promise.all(claims)).flat()
  for (let rest = [...won]; rest.length > 0; won.push(...rest)) rest = (await relays[0]?.claimDue(50)) ?? []
  t.equal(won.length, 500)
  t.equal(new Set(idsOf(won)).size, 500)
  t.ok(
    won.every((row) => row.drive === 1),
    'each was driven once',
  )
  t.equal((await takeEvents(admin)).length, 500, 'and told once')
})

t.test('lost is what nobody took for ten seconds and was queued before all that the queue has', async (t) => {
  const { admin, relay, look } = await setup(t)
  const queued = (secondsAgo: number, change: Parameters<typeof addDelivery>[1] = {}) =>
    addDelivery(admin, { status: 'queued', drive: 2, due: 10 - secondsAgo, ...change })
  const younger = await queued(30, { tenantId: B })
  const oldest = await queued(40, { traceparent: TRACE, drive: 7 })
  const waits = await queued(20)
  const text = await queued(30, { channel: 'sms' })
  const others = [
    await queued(-60),
    await queued(30, { expires: -1 }),
    await addDelivery(admin, { due: -30 }),
    await addDelivery(admin, { due: -30, status: 'sending' }),
  ]
  const before = new Date(Date.now() - 25_000)
  const lost = await relay.redriveLost('email', before, 10)
  t.same(apart(lost), [
    { tenantId: A, deliveryId: oldest, channel: 'email', drive: 8, traceparent: TRACE },
    { tenantId: B, deliveryId: younger, channel: 'email', drive: 3, traceparent: null },
  ])
  const { rows } = await admin.query('SELECT due_at FROM deliveries WHERE id = $1', [oldest])
  t.equal(lost[0]?.queuedAt.getTime(), rows[0].due_at.getTime() - 10_000, 'and is queued anew')
  t.match(await look(oldest), { status: 'queued', drive: 8, soon: true })
  t.same(await relay.redriveLost('email', before, 10), [], 'not again for ten seconds')
  t.same(
    idsOf(await relay.redriveLost('email', null, 10)),
    [waits],
    'of an empty queue all that waited so long',
  )
  t.same(idsOf(await relay.redriveLost('sms', new Date(), 10)), [text])
  const events = await takeEvents(admin)
  t.ok(events.every(({ kind, reason }) => kind === 'delivery.queued' && reason === 'lost_by_queue'))
  t.same(events.map(({ data }) => data.drive).toSorted(), [3, 3, 3, 8])
  for (const id of others) t.notMatch(await look(id), { drive: 3 })
})

t.test('no more lost ones are driven than asked for, the longest queued first', async (t) => {
  const { admin, relay } = await setup(t)
  const [third, first, second] = [
    await addDelivery(admin, { status: 'queued', due: -1 }),
    await addDelivery(admin, { status: 'queued', due: -3 }),
    await addDelivery(admin, { status: 'queued', due: -2 }),
  ]
  t.same(idsOf(await relay.redriveLost('email', null, 2)), [first, second])
  t.same(idsOf(await relay.redriveLost('email', null, 2)), [third])
})

t.test('twenty who drive again what was lost drive it once', async (t) => {
  const { urls, admin } = await setup(t)
  const relay = relayStore((await openWarm<GatewayDatabase>(t, urls.notifierUrl, 20)).db)
  await addDelivery(admin, { status: 'queued', drive: 1 })
  const answers = await Promise.all(Array.from({ length: 20 }, () => relay.redriveLost('email', null, 10)))
  t.equal(answers.flat().length, 1)
  t.equal((await takeEvents(admin)).length, 1)
})

t.test('what ran out of time ends as expired, or as unknown when a vendor may have taken it', async (t) => {
  const { admin, relay, look } = await setup(t)
  const over = { expires: -1 } as const
  const ends: [string, string][] = []
  for (const status of ['scheduled', 'pending', 'queued'] as const) {
    ends.push([await addDelivery(admin, { ...over, status }), 'expired'])
  }
  const refused = await addDelivery(admin, { ...over, status: 'pending' })
  await addAttempt(admin, refused, 'retryable')
  ends.push([refused, 'expired'])
  for (const outcome of ['started', 'unknown'] as const) {
    const id = await addDelivery(admin, { ...over, status: 'sending', lease: -1 })
    await addAttempt(admin, id, 'retryable')
    await addAttempt(admin, id, outcome)
    ends.push([id, 'unknown'])
  }
  const both = async () => (await relay.expireDue(100, false)) + (await relay.expireDue(100, true))
  t.equal(await both(), ends.length)
  for (const [id, status] of ends) {
    t.match(await look(id), { status, wiped: true, waits: false, lease: null, fence: 4 }, `${status}`)
  }
  const told = await takeEvents(admin)
  t.same(
    told.map((event) => `${event.kind} ${event.subject} ${event.outcome} ${event.reason}`).sort(),
    ends.map(([id, status]) => `delivery.${status} delivery:${id} failed out_of_time`).sort(),
    'each told once',
  )
  const attempts = await admin.query(`SELECT outcome, error_code FROM attempts WHERE outcome <> 'retryable'`)
  t.same(
    attempts.rows.map((row) => row.outcome),
    ['unknown', 'unknown'],
    'no attempt stays started',
  )
  t.equal(await both(), 0)
})

t.test('a worker’s lease outlives the expiry; what has not run out or has ended is left alone', async (t) => {
  const { admin, relay, look } = await setup(t)
  const held = await addDelivery(admin, { status: 'sending', expires: -1, lease: 60 })
  await addDelivery(admin, { expires: 60 })
  for (const status of ['accepted', 'unknown', 'dead_letter'] as const) {
    await addDelivery(admin, { status, expires: -1 })
  }
  t.equal(await relay.expireDue(100, false), 0)
  t.match(await look(held), { status: 'sending', wiped: false })
  t.same(await takeEvents(admin), [])
})

t.test('a dead letter keeps what it holds until its expiry, and stays one', async (t) => {
  const { admin, relay, look } = await setup(t)
  const over = await addDelivery(admin, { status: 'dead_letter', due: -1, expires: -1 })
  const live = await addDelivery(admin, { status: 'dead_letter', due: 60, expires: 60 })
  t.equal(await relay.expireDue(100, false), 0)
  t.match(await look(over), { status: 'dead_letter', wiped: true })
  t.match(await look(live), { status: 'dead_letter', wiped: false })
  t.same(await takeEvents(admin), [])
})

t.test('no more are ended than asked for, and what is queued apart from the rest', async (t) => {
  const { admin, relay } = await setup(t)
  for (const status of ['queued', 'pending', 'queued', 'pending', 'queued', 'scheduled'] as const) {
    await addDelivery(admin, { status, expires: -1 })
  }
  for (const ofQueue of [true, false]) {
    t.same([await relay.expireDue(2, ofQueue), await relay.expireDue(2, ofQueue)], [2, 1])
  }
})

t.test('twenty who end what ran out of time end each once', async (t) => {
  const { urls, admin } = await setup(t)
  const relay = relayStore((await openWarm<GatewayDatabase>(t, urls.auditUrl, 20)).db)
  for (let n = 0; n < 60; n++) await addDelivery(admin, { expires: -n - 1 })
  const counts = await Promise.all(Array.from({ length: 20 }, () => relay.expireDue(10, false)))
  const rest = await relay.expireDue(100, false)
  t.equal(
    counts.reduce((sum, n) => sum + n, rest),
    60,
  )
  t.equal((await takeEvents(admin)).length, 60)
})

t.test('the gauges count over all tenants and tell the oldest age', async (t) => {
  const { admin, relay } = await setup(t)
  const nothing = { pending: 0, oldestPendingSeconds: 0, events: 0, oldestEventSeconds: 0, deadLetters: 0 }
  t.same(await relay.gauges(), nothing)
  const old = await addDelivery(admin, { tenantId: B })
  await addDelivery(admin)
  await addDelivery(admin, { status: 'accepted' })
  await addDelivery(admin, { status: 'dead_letter', tenantId: B })
  await addDelivery(admin, { status: 'dead_letter', due: null })
  await addEvent(admin)
  await admin.query(`UPDATE deliveries SET send_at = now() - interval '1 hour' WHERE id = $1`, [old])
  await admin.query(`UPDATE outbox SET occurred_at = now() - interval '2 hours'`)
  const { oldestPendingSeconds, oldestEventSeconds, ...counts } = await relay.gauges()
  t.same(counts, { pending: 2, events: 1, deadLetters: 1 })
  t.ok(oldestPendingSeconds >= 3600 && oldestPendingSeconds < 3660, `${oldestPendingSeconds}`)
  t.ok(oldestEventSeconds >= 7200 && oldestEventSeconds < 7260, `${oldestEventSeconds}`)
})

t.test('what was sent long ago is not read to tell what waits', async (t) => {
  const { urls, admin } = await setup(t)
  const ended = await addDelivery(admin, { status: 'delivered' })
  await admin.query(
    `INSERT INTO deliveries (tenant_id, id, channel, template, status, decoy, send_at, expires_at, due_at)
     SELECT tenant_id, uuidv7(), channel, template, status, decoy, send_at, expires_at, NULL
       FROM deliveries, generate_series(1, 1000) WHERE id = $1`,
    [ended],
  )
  for (const status of ['pending', 'queued', 'sending'] as const) await addDelivery(admin, { status })
  const gateway = await connect(t, urls.gatewayUrl)
  await gateway.query('BEGIN')
  t.match((await gateway.query('SELECT pending FROM relay_gauges()')).rows, [{ pending: '3' }])
  const { rows } = await gateway.query(
    `SELECT (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int AS read
       FROM pg_stat_xact_user_tables WHERE relname = 'deliveries'`,
  )
  t.same(rows, [{ read: 3 }])
  await gateway.query('COMMIT')
})
