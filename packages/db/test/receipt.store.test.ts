// Receipts: each is applied once however often and in whatever order it comes, a delivery moves forward only, and every
// move is told once.

import { randomBytes, randomUUID } from 'node:crypto'
import { testDatabase } from '@postern/testkit/postgres'
import type { Client } from 'pg'
import t from 'tap'
import type { GatewayDatabase } from '../src/databases/gateway.database.ts'
import { openDatabase } from '../src/pool.ts'
import { applyReceipts, type Receipt, type ReceiptResult } from '../src/receipt.store.ts'
import { alone } from '../src/with-tenant.ts'
import { connect, type TestScope } from './fixtures/connect.ts'
import {
  chanceFrom,
  drawReceipts,
  finalStatus,
  type ModelDelivery,
  receiptOf,
  shuffled,
} from './fixtures/receipt-model.ts'
import { A, B, takeEvents } from './fixtures/rows.ts'

const DIGEST = randomBytes(32)

/** Whoever has to wait for a connection waits: what is raced here is who wins. */
function openPatient(t: TestScope, url: string) {
  const database = openDatabase<GatewayDatabase>({ url, max: 4, waitMs: 60_000, applicationName: 'db-test' })
  t.teardown(() => database.close())
  return database
}

/** As a vendor does that is answered 503: whoever waited too long comes again. */
async function again<R>(work: () => Promise<R>): Promise<R> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work()
    } catch (error) {
      if (!['55P03', '57014'].includes((error as { code?: string }).code ?? '') || tries === 50) throw error
    }
  }
}

async function setup(t: TestScope) {
  const urls = await testDatabase(t)
  const admin = await connect(t, urls.adminUrl)
  const database = openPatient(t, urls.gatewayUrl)
  const apply = (receipts: readonly Receipt[], more: { tenantId?: string; senderId?: string } = {}) => {
    const { tenantId = A, senderId = null } = more
    const run = alone(database, { tenantId, actor: 'vendor:sendgrid', requestId: null, traceparent: null })
    return again(() => applyReceipts(run, { tenantId, provider: 'sendgrid', senderId, receipts }))
  }
  return { urls, admin, apply }
}

/** As the notifier left them, with the row's fence at 3. `recipient` null: made before recipients were digested. */
async function given(admin: Client, deliveries: readonly ModelDelivery[], recipient: Buffer | null = null) {
  await admin.query(
    `WITH d AS (SELECT * FROM unnest($2::uuid[], $3::text[], $4::boolean[], $5::boolean[]) AS d (id, status, has_payload, is_live))
     INSERT INTO deliveries (tenant_id, id, channel, template, status, decoy, payload, payload_version, recipient_digest,
       send_at, expires_at, due_at, fence)
     SELECT $1, id, 'email', 'notice', status, false, CASE WHEN has_payload THEN '\\x01'::bytea END, 1, $6::bytea, now(),
            now() + CASE WHEN is_live THEN interval '1 h' ELSE interval '-1 s' END, now() + interval '10 s', 3 FROM d`,
    [
      A,
      deliveries.map(({ id }) => id),
      deliveries.map(({ status }) => status),
      deliveries.map(({ hasPayload }) => hasPayload),
      deliveries.map(({ isLive }) => isLive),
      recipient,
    ],
  )
  const attempts = deliveries.flatMap(({ id, attempts }) =>
    attempts.map((outcome, index) => ({ id, n: index + 1, outcome })),
  )
  await admin.query(
    `INSERT INTO attempts (tenant_id, delivery_id, number, provider, fence, outcome)
     SELECT $1, id, n, 'sendgrid', 3, outcome FROM unnest($2::uuid[], $3::int[], $4::text[]) AS a (id, n, outcome)`,
    [A, attempts.map(({ id }) => id), attempts.map(({ n }) => n), attempts.map(({ outcome }) => outcome)],
  )
}

const one = (more: Partial<ModelDelivery> = {}): ModelDelivery => ({
  id: randomUUID(),
  status: 'accepted',
  attempts: ['accepted'],
  hasPayload: true,
  isLive: true,
  ...more,
})

async function look(admin: Client, id: string) {
  const { rows } = await admin.query(
    `SELECT d.status, d.fence::int, d.payload IS NOT NULL AS has_payload, d.lease_until,
            d.due_at <= now() AS is_due, d.due_at = d.expires_at AS waits_for_its_end,
            (SELECT json_agg(json_build_object('outcome', outcome, 'receipt', receipt, 'code', error_code,
               'id', provider_message_id) ORDER BY number) FROM attempts a WHERE a.delivery_id = d.id) AS attempts
       FROM deliveries d WHERE d.id = $1`,
    [id],
  )
  return rows[0]
}

t.test(
  '10,000 receipts, repeated and shuffled: each is applied once and the state is the model’s',
  async (t) => {
    const { admin, apply } = await setup(t)
    const chance = chanceFrom(4711)
    const drawn = drawReceipts(1_100, chance)
    await given(
      admin,
      drawn.map(({ delivery }) => delivery),
    )
    const all = drawn.flatMap(({ receipts }) => receipts)
    const repeated = Array.from({ length: 10_000 }, (_, at) => all[at % all.length] as Receipt)
    const sent = shuffled(repeated, chance)
    const batches = Array.from({ length: Math.ceil(sent.length / 100) }, (_, n) =>
      sent.slice(n * 100, n * 100 + 100),
    )
    const results = (await Promise.all(batches.map((batch) => apply(batch)))).flat()
    const count = (result: ReceiptResult['result']) => results.filter((each) => each.result === result).length
    t.equal(count('applied'), all.length, 'each once')
    t.equal(count('duplicate'), sent.length - all.length)
    const { rows } = await admin.query<{ id: string; status: string }>('SELECT id, status FROM deliveries')
    const found = new Map(rows.map(({ id, status }) => [id, status]))
    const wrong = drawn.filter(
      ({ delivery, receipts }) => found.get(delivery.id) !== finalStatus(delivery, receipts),
    )
    t.same(wrong.slice(0, 3), [], `${wrong.length} deliveries are not where the model has them`)
    const told = Map.groupBy(await takeEvents(admin), ({ subject }) => subject.split(':')[1])
    const goesTo = (kind: string) =>
      kind === 'delivery.deferred' ? 'pending' : kind.replace('delivery.', '')
    const untold = drawn.filter(({ delivery }) => {
      const path = (told.get(delivery.id) ?? []).map(({ kind }) => goesTo(kind))
      const isTwice = new Set(path).size < path.length
      return isTwice || (path.at(-1) ?? delivery.status) !== found.get(delivery.id)
    })
    t.same(untold.slice(0, 3), [], 'what is told leads there, each step once')
  },
)

t.test('of 100 who bring one receipt at once over two pools one applies it', async (t) => {
  const { urls, admin, apply } = await setup(t)
  const second = openPatient(t, urls.gatewayUrl)
  const delivery = one()
  await given(admin, [delivery], DIGEST)
  const receipt = receiptOf(delivery.id, 1, 'complained')
  const other = alone(second, { tenantId: A, actor: 'vendor:sendgrid', requestId: null, traceparent: null })
  const batch = { tenantId: A, provider: 'sendgrid' as const, senderId: null, receipts: [receipt] }
  const racers = Array.from({ length: 100 }, (_, n) =>
    n % 2 ? apply([receipt]) : again(() => applyReceipts(other, batch)),
  )
  const results = (await Promise.all(racers)).flat()
  t.equal(results.filter(({ result }) => result === 'applied').length, 1)
  t.equal(results.filter(({ result }) => result === 'duplicate').length, 99)
  t.match(await look(admin, delivery.id), { status: 'delivered', fence: 4 })
  const kinds = (await takeEvents(admin)).map(({ kind }) => kind)
  t.same(kinds.sort(), ['delivery.delivered', 'suppression.created'])
})

t.test('a receipt that comes before the outcome proves the attempt and fences its worker', async (t) => {
  const { admin, apply } = await setup(t)
  const [arrived, taken, missed] = [1, 2, 3].map(() => one({ status: 'sending', attempts: ['started'] })) as [
    ModelDelivery,
    ModelDelivery,
    ModelDelivery,
  ]
  await given(admin, [arrived, taken, missed])
  await apply([
    receiptOf(arrived.id, 1, 'delivered', { providerMessageId: 'at-the-vendor' }),
    receiptOf(taken.id, 1, 'sent'),
    receiptOf(missed.id, 1, 'undelivered', { errorCode: 'unreachable' }),
  ])
  const accepted = { outcome: 'accepted', receipt: 'delivered', code: null, id: 'at-the-vendor' }
  t.match(await look(admin, arrived.id), {
    status: 'delivered',
    fence: 4,
    has_payload: false,
    attempts: [accepted],
  })
  t.match(await look(admin, taken.id), {
    status: 'accepted',
    fence: 4,
    has_payload: true,
    waits_for_its_end: true,
    attempts: [{ outcome: 'accepted', receipt: null }],
  })
  t.match(await look(admin, missed.id), {
    status: 'pending',
    fence: 4,
    has_payload: true,
    is_due: true,
    attempts: [{ outcome: 'accepted', receipt: 'undelivered', code: 'unreachable' }],
  })
  const events = await takeEvents(admin)
  t.same(events.map(({ kind, reason, actor }) => [kind, reason, actor]).sort(), [
    ['delivery.accepted', null, 'vendor:sendgrid'],
    ['delivery.deferred', 'undelivered', 'vendor:sendgrid'],
    ['delivery.delivered', null, 'vendor:sendgrid'],
  ])
})

t.test(
  'a second attempt under way is closed as unknown when the first one proves to have arrived',
  async (t) => {
    const { admin, apply } = await setup(t)
    const delivery = one({ status: 'sending', attempts: ['unknown', 'started'] })
    await given(admin, [delivery])
    await apply([receiptOf(delivery.id, 1, 'delivered')])
    t.match(await look(admin, delivery.id), {
      status: 'delivered',
      attempts: [{ outcome: 'accepted' }, { outcome: 'unknown', code: 'overtaken' }],
    })
  },
)

t.test('undelivered goes to the next vendor only where that can help, and fails else', async (t) => {
  const { admin, apply } = await setup(t)
  const again = one()
  const over = one({ isLive: false })
  const wiped = one({ hasPayload: false })
  const second = one({ attempts: ['unknown', 'accepted'] })
  const bounced = one()
  const deliveries = [again, over, wiped, second, bounced]
  await given(admin, deliveries)
  await apply([
    ...[again, over, wiped].map(({ id }) => receiptOf(id, 1, 'undelivered')),
    ...[1, 2].map((attempt) => receiptOf(second.id, attempt, 'undelivered')),
    receiptOf(bounced.id, 1, 'bounced', { errorCode: 'hard_bounce' }),
  ])
  const states = []
  for (const { id } of deliveries) states.push(await look(admin, id))
  t.same(
    states.map(({ status, has_payload }) => [status, has_payload]),
    [['pending', true], ...Array.from({ length: 4 }, () => ['failed', false])],
  )
  const reasons = (await takeEvents(admin))
    .filter(({ kind }) => kind === 'delivery.failed')
    .map(({ reason }) => reason)
  t.same(reasons.sort(), ['hard_bounce', 'undelivered', 'undelivered', 'undelivered'])
  await apply([receiptOf(again.id, 1, 'bounced')])
  t.match(await look(admin, again.id), { status: 'failed', has_payload: false }, 'worse news ends the wait')
})

t.test('what was handed on is not sent again for want of a further receipt', async (t) => {
  const { admin, apply } = await setup(t)
  const delivery = one()
  await given(admin, [delivery])
  await apply([receiptOf(delivery.id, 1, 'sent')])
  t.match(await look(admin, delivery.id), { status: 'accepted', waits_for_its_end: false })
  await apply([receiptOf(delivery.id, 1, 'sent', { passedOn: true })])
  t.match(await look(admin, delivery.id), { status: 'accepted', waits_for_its_end: true })
  t.same(await takeEvents(admin), [], 'nothing has moved')
})

t.test('a sender speaks of its own attempts alone: other tenants, senders and attempts stay', async (t) => {
  const { admin, apply } = await setup(t)
  const delivery = one()
  await given(admin, [delivery])
  const receipt = receiptOf(delivery.id, 1, 'bounced')
  const results = [
    ...(await apply([receipt], { tenantId: B })),
    ...(await apply([receipt], { senderId: randomUUID() })),
    ...(await apply([{ ...receipt, attempt: 2 }])),
    ...(await apply([receiptOf(randomUUID(), 1, 'bounced')])),
  ]
  t.same(
    results,
    Array.from({ length: 4 }, () => ({ result: 'unplaced', moved: null })),
  )
  t.match(await look(admin, delivery.id), { status: 'accepted', fence: 3 })
  t.same(await takeEvents(admin), [])
  t.same(await apply([receipt]), [{ result: 'applied', moved: 'failed' }], 'and are not used up by it')
})

t.test('a recipient is listed once by channel, whoever complains, and told once', async (t) => {
  const { admin, apply } = await setup(t)
  const deliveries = Array.from({ length: 3 }, () => one())
  await given(admin, deliveries, Buffer.concat([DIGEST, randomBytes(32)]))
  const nobody = one()
  await given(admin, [nobody])
  const [first, ...rest] = deliveries as [ModelDelivery, ...ModelDelivery[]]
  await apply([receiptOf(first.id, 1, 'bounced'), receiptOf(nobody.id, 1, 'bounced')])
  await apply(rest.map(({ id }) => receiptOf(id, 1, 'opted_out')))
  const { rows } = await admin.query('SELECT channel, recipient_digest, reason, provider FROM suppressions')
  t.same(rows, [{ channel: 'email', recipient_digest: DIGEST, reason: 'hard_bounce', provider: 'sendgrid' }])
  const told = (await takeEvents(admin)).filter(({ kind }) => kind === 'suppression.created')
  t.match(told, [{ reason: 'hard_bounce', data: { channel: 'email', delivery_id: first.id } }])
})
