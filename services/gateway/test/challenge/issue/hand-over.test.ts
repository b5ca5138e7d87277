// Who adds an issued delivery to the queue: this process, once it is committed, or else the relay of any.

import type { Failpoint } from '@postern/service-kit/failpoint'
import { until } from '@postern/testkit/poll'
import t from 'tap'
import type { QueuedDelivery } from '../../../src/challenge/issue/queued-delivery.ts'
import { eventsOf, freshEmail, freshPhone, newTenant, openGateway, openHouse } from '../../setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const { handOver } = gateway.context
const handed: QueuedDelivery[] = []
handOver.hand = (delivery) => void handed.push(delivery)
t.beforeEach(() => {
  handed.length = 0
  handOver.takes = () => true
})

async function rowOf(deliveryId: string) {
  const { rows } = await house.admin.query(
    `SELECT tenant_id, channel, status, drive, send_at, due_at, due_at = send_at + interval '10 seconds' AS is_marked
       FROM deliveries WHERE id = $1`,
    [deliveryId],
  )
  return rows[0]
}

t.test('what goes out now is committed as queued and handed over, by mail and SMS, told once', async (t) => {
  for (const [channel, to] of [
    ['email', freshEmail()],
    ['sms', freshPhone()],
  ] as const) {
    const tenant = await newTenant(gateway)
    const { status, body } = await tenant.call('POST', '/v1/otps', { channel, to })
    t.equal(status, 202)
    const deliveryId = body.data.delivery.id
    const row = await rowOf(deliveryId)
    t.match(row, { status: 'queued', drive: 1, channel, is_marked: true })
    t.match(handed.splice(0), [
      { tenantId: tenant.id, deliveryId, channel, drive: 1, queuedAt: row.send_at, traceparent: null },
    ])
    const told = (await eventsOf(gateway, tenant.id)).map(({ kind, subject }) => `${kind} ${subject}`)
    const issued = told.indexOf(`challenge.issued challenge:${body.data.id}`)
    t.same(told.slice(issued), [told[issued], `delivery.queued delivery:${deliveryId}`])
  }
})

t.test('where the queue does not take it, it is committed as due for the relay of any process', async (t) => {
  handOver.takes = () => false
  const tenant = await newTenant(gateway)
  let nudges = 0
  const context: { nudge: () => void } = gateway.context
  const { nudge } = context
  context.nudge = () => {
    nudges += 1
    nudge()
  }
  const { deliveryId } = await tenant.issue()
  context.nudge = nudge
  await until(async () => (await rowOf(deliveryId)).drive === 1, { deadlineMs: 30_000 })
  t.same(handed, [])
  const told = (await eventsOf(gateway, tenant.id)).filter(({ kind }) => kind === 'delivery.queued')
  t.match(told, [{ actor: 'service:relay' }])
  t.equal(nudges, 1, 'who need not wait for its timer')
})

t.test('what is sent later is not handed over', async (t) => {
  const tenant = await newTenant(gateway)
  const sendAt = new Date(Date.now() + 3_600_000).toISOString()
  const { body } = await tenant.call('POST', '/v1/magic-links', { email: freshEmail(), send_at: sendAt })
  t.match(await rowOf(body.data.delivery.id), { status: 'scheduled', drive: 0, is_marked: false })
  t.same(handed, [])
})

t.test('with an Idempotency-Key it is handed over once, after the commit', async (t) => {
  const tenant = await newTenant(gateway)
  const order: string[] = []
  const context: { failpoint: Failpoint } = gateway.context
  const { failpoint } = context
  context.failpoint = (point) => void order.push(point)
  handOver.hand = () => void order.push('handed over')
  const once = () =>
    tenant.call('POST', '/v1/magic-links', { email: 'once@example.com' }, { 'idempotency-key': 'once' })
  t.same([(await once()).status, (await once()).status], [202, 202])
  context.failpoint = failpoint
  handOver.hand = (delivery) => void handed.push(delivery)
  // K1 is before the commit, K2 behind it. The replay has nothing to hand over.
  t.same(order, ['K1', 'K2', 'handed over', 'K2'])
})

t.test('what could not be committed is not handed over', async (t) => {
  const tenant = await newTenant(gateway)
  await house.admin.query(`
    CREATE FUNCTION break_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'on purpose'; END $$;
    CREATE CONSTRAINT TRIGGER breaks AFTER INSERT ON deliveries DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION break_commit()`)
  for (const headers of [{}, { 'idempotency-key': 'breaks' }]) {
    const answer = await tenant.call('POST', '/v1/magic-links', { email: freshEmail() }, headers)
    t.equal(answer.status, 500)
  }
  t.same(handed, [])
  await house.admin.query('DROP TRIGGER breaks ON deliveries')
  await tenant.issue()
  t.equal(handed.length, 1)
})

t.test('what is refused or limited is not handed over', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  const statuses = []
  for (let sends = 0; sends < 6; sends += 1) {
    statuses.push((await tenant.call('POST', '/v1/magic-links', { email })).status)
  }
  t.same(statuses, [202, 202, 202, 202, 202, 429])
  t.equal(handed.length, 5)
})

t.test('what a gateway did not add, because it died, is driven again 10 s later', async (t) => {
  // A queue that nobody works has passed nothing, so this one has to be empty.
  const house = await openHouse(t)
  const gateway = await openGateway(t, house)
  const { handOver } = gateway.context
  await until(() => handOver.takes(), { deadlineMs: 30_000 })
  handOver.hand = () => {}
  const tenant = await newTenant(gateway)
  await tenant.issue()
  const driven = async () => {
    const { rows } = await house.admin.query(
      `SELECT o.reason, o.actor, extract(epoch FROM o.occurred_at - d.send_at)::float8 AS after
         FROM outbox o JOIN deliveries d ON o.subject = 'delivery:' || d.id
        WHERE o.tenant_id = $1 AND o.kind = 'delivery.queued' ORDER BY o.id`,
      [tenant.id],
    )
    return rows.length === 2 && rows
  }
  const [first, second] = await until(driven, { deadlineMs: 60_000 })
  t.match(first, { reason: null, after: 0 })
  t.match(second, { reason: 'lost_by_queue', actor: 'service:relay' })
  t.ok(second.after >= 10 && second.after < 30, `after ${second.after} s`)
})
