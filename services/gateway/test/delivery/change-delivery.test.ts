// Calling off, moving and driving again: one guarded statement each, told once, and only while nobody is at it.

import t from 'tap'
import { eventsOf, newTenant, openGateway, openHouse } from '../setup.ts'
import { givenAttempt, givenDelivery, rowOf } from './delivery-rows.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const { admin } = house

const toldOf = async (tenantId: string, deliveryId: string) =>
  (await eventsOf(gateway, tenantId)).filter(({ subject }) => subject === `delivery:${deliveryId}`)
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000)

const BEFORE_SENDING = ['scheduled', 'pending', 'queued']
/** The relay may have been there already. */
const UNDER_WAY = ['pending', 'queued']
const TOO_LATE = ['sending', 'accepted', 'delivered', 'failed', 'expired', 'suppressed', 'unknown']

t.test(
  'a delivery is cancelled before its sending begins, told once, and holds nothing any more',
  async (t) => {
    const tenant = await newTenant(gateway)
    for (const status of [...BEFORE_SENDING, 'dead_letter']) {
      const id = await givenDelivery(admin, tenant, { status, fence: 3 })
      const { status: answered, body } = await tenant.call('DELETE', `/v1/deliveries/${id}`)
      t.equal(answered, 200, status)
      t.match(body.data, { id, status: 'cancelled', attempts: [], receipts: [] })
      t.match(await rowOf(admin, id), { status: 'cancelled', hasPayload: false, due_at: null, fence: 4 })
      t.equal((await tenant.call('DELETE', `/v1/deliveries/${id}`)).status, 200, 'a repeat answers the same')
      const told = await toldOf(tenant.id, id)
      t.match(told, [{ kind: 'delivery.cancelled', reason: 'requested', outcome: 'success' }])
      t.equal(told.length, 1)
    }
  },
)

t.test('once sending has begun nothing is cancelled or moved, and nothing is told', async (t) => {
  const tenant = await newTenant(gateway)
  const refuses = async (id: string, what: string) => {
    const before = await rowOf(admin, id)
    const move = { send_at: inSeconds(60).toISOString() }
    const answers = [
      await tenant.call('DELETE', `/v1/deliveries/${id}`),
      await tenant.call('PATCH', `/v1/deliveries/${id}`, move),
    ]
    for (const { status, body } of answers) {
      t.equal(status, 409, what)
      t.equal(body.error.code, 'CONFLICT', what)
    }
    t.same(await rowOf(admin, id), before, what)
    t.same(await toldOf(tenant.id, id), [], what)
  }
  for (const status of TOO_LATE) await refuses(await givenDelivery(admin, tenant, { status }), status)
  for (const outcome of ['started', 'accepted', 'unknown'])
    for (const status of BEFORE_SENDING) {
      const id = await givenDelivery(admin, tenant, { status })
      await givenAttempt(admin, tenant, id, outcome)
      await refuses(id, `${status} after an attempt that is ${outcome}`)
    }
})

t.test('what no vendor took may still be called off', async (t) => {
  const tenant = await newTenant(gateway)
  const id = await givenDelivery(admin, tenant)
  await givenAttempt(admin, tenant, id, 'retryable')
  const { body } = await tenant.call('DELETE', `/v1/deliveries/${id}`)
  t.match(body.data, { status: 'cancelled', attempts: [{ number: 1, outcome: 'retryable' }] })
})

t.test('a delivery is moved to another time, its expiry with it, and told once', async (t) => {
  const tenant = await newTenant(gateway)
  for (const status of BEFORE_SENDING) {
    const id = await givenDelivery(admin, tenant, { status, sendIn: 30, expiresIn: 130, fence: 1 })
    const sendAt = inSeconds(3_600)
    const { status: answered, body } = await tenant.call('PATCH', `/v1/deliveries/${id}`, {
      send_at: sendAt.toISOString(),
    })
    t.equal(answered, 200, status)
    const expiry = new Date(sendAt.getTime() + 100_000)
    t.match(body.data, {
      status: 'scheduled',
      send_at: sendAt.toISOString(),
      expires_at: expiry.toISOString(),
    })
    t.match(await rowOf(admin, id), { due_at: sendAt, hasPayload: true, fence: 2 })
    t.match(await toldOf(tenant.id, id), [{ kind: 'delivery.rescheduled' }])
  }
})

t.test('a moment already past means now; one more than 90 days ahead is refused', async (t) => {
  const tenant = await newTenant(gateway)
  const id = await givenDelivery(admin, tenant, { status: 'scheduled', sendIn: 600, expiresIn: 1_200 })
  const before = await rowOf(admin, id)
  const late = await tenant.call('PATCH', `/v1/deliveries/${id}`, {
    send_at: inSeconds(90 * 86_400 + 60).toISOString(),
  })
  t.equal(late.status, 400)
  t.equal((await tenant.call('PATCH', `/v1/deliveries/${id}`, {})).status, 400)
  t.equal(
    (await tenant.call('PATCH', `/v1/deliveries/${id}`, { send_at: '2026-12-01T10:00:00' })).status,
    400,
  )
  t.same(await rowOf(admin, id), before)
  const { body } = await tenant.call('PATCH', `/v1/deliveries/${id}`, { send_at: '2020-01-01T00:00:00Z' })
  t.ok(UNDER_WAY.includes(body.data.status))
  const after = await rowOf(admin, id)
  t.equal(after.expires_at.getTime() - after.send_at.getTime(), 600_000)
  t.ok(Math.abs(after.send_at.getTime() - Date.now()) < 60_000)
})

t.test('what ran out of time is neither moved nor driven again', async (t) => {
  const tenant = await newTenant(gateway)
  const move = { send_at: inSeconds(60).toISOString() }
  const over = await givenDelivery(admin, tenant, { sendIn: -20, expiresIn: -1 })
  t.equal((await tenant.call('PATCH', `/v1/deliveries/${over}`, move)).status, 409)
  const dead = await givenDelivery(admin, tenant, { status: 'dead_letter', sendIn: -20, expiresIn: -1 })
  t.equal((await tenant.call('POST', `/v1/deliveries/${dead}/redrive`)).status, 409)
})

t.test('a dead letter is driven again, with all its tries, and told once', async (t) => {
  const tenant = await newTenant(gateway)
  const id = await givenDelivery(admin, tenant, { status: 'dead_letter' })
  await admin.query('UPDATE deliveries SET poisoned = 3, drive = 4 WHERE id = $1', [id])
  const { status, body } = await tenant.call('POST', `/v1/deliveries/${id}/redrive`)
  t.equal(status, 202)
  t.ok(UNDER_WAY.includes(body.data.status))
  t.match(await rowOf(admin, id), { poisoned: 0, hasPayload: true, fence: 1 })
  const told = await toldOf(tenant.id, id)
  t.equal(told.filter(({ kind }) => kind === 'delivery.redriven').length, 1)
})

t.test('a repeat of driving again with its Idempotency-Key answers the same', async (t) => {
  const tenant = await newTenant(gateway)
  const id = await givenDelivery(admin, tenant, { status: 'dead_letter' })
  const redrive = () =>
    tenant.call('POST', `/v1/deliveries/${id}/redrive`, undefined, { 'idempotency-key': 'again' })
  const [first, second] = [await redrive(), await redrive()]
  t.same([first.status, second.status], [202, 202])
  t.same(second.body.data, first.body.data)
  t.equal((await rowOf(admin, id)).fence, 1)
})

t.test('only a dead letter that still holds its message is driven again', async (t) => {
  const tenant = await newTenant(gateway)
  const wiped = await givenDelivery(admin, tenant, { status: 'dead_letter', payload: null })
  const rest = await Promise.all(
    [...BEFORE_SENDING, ...TOO_LATE, 'cancelled'].map((status) => givenDelivery(admin, tenant, { status })),
  )
  for (const id of [wiped, ...rest]) {
    t.match(await tenant.call('POST', `/v1/deliveries/${id}/redrive`), {
      status: 409,
      body: { error: { code: 'CONFLICT' } },
    })
    t.same(await toldOf(tenant.id, id), [])
  }
})

t.test('another tenant’s delivery, and one that is not there, are nothing here', async (t) => {
  const [mine, theirs] = [await newTenant(gateway), await newTenant(gateway)]
  const known = await givenDelivery(admin, theirs, { status: 'dead_letter' })
  const before = await rowOf(admin, known)
  const move = { send_at: inSeconds(60).toISOString() }
  for (const id of [known, '0198a000-0000-7000-8000-00000000000a']) {
    for (const answer of [
      await mine.call('GET', `/v1/deliveries/${id}`),
      await mine.call('DELETE', `/v1/deliveries/${id}`),
      await mine.call('PATCH', `/v1/deliveries/${id}`, move),
      await mine.call('POST', `/v1/deliveries/${id}/redrive`),
    ])
      t.match(answer, { status: 404, body: { error: { code: 'NOT_FOUND' } } })
  }
  t.same((await mine.call('GET', '/v1/deliveries')).body.data, { items: [], next_cursor: null })
  t.same(await rowOf(admin, known), before)
})

t.test('reading and changing ask for a scope each', async (t) => {
  const reader = await newTenant(gateway, ['deliveries:read'])
  const id = await givenDelivery(admin, reader)
  t.equal((await reader.call('GET', `/v1/deliveries/${id}`)).status, 200)
  t.equal((await reader.call('GET', '/v1/deliveries')).status, 200)
  t.equal((await reader.call('DELETE', `/v1/deliveries/${id}`)).status, 403)
  const move = { send_at: inSeconds(60).toISOString() }
  t.equal((await reader.call('PATCH', `/v1/deliveries/${id}`, move)).status, 403)
  t.equal((await reader.call('POST', `/v1/deliveries/${id}/redrive`)).status, 403)
  const writer = await newTenant(gateway, ['deliveries:write'])
  t.equal((await writer.call('GET', '/v1/deliveries')).status, 403)
})
