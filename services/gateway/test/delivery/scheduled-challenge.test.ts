// Links and codes that are sent later: good from when they are due, for as long as ever, and moved with their message.

import t from 'tap'
import { freshEmail, newTenant, openGateway, openHouse, type Tenant } from '../setup.ts'
import { rowOf } from './delivery-rows.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const { admin } = house

const DAY = 86_400
const at = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString()
const prove = (tenant: Tenant, id: string, code: string) =>
  tenant.call('POST', '/v1/otps/verify', { id, code })
const challengeOf = async (id: string) => {
  const { rows } = await admin.query('SELECT due_at, expires_at, tries FROM challenges WHERE id = $1', [id])
  return rows[0]
}

t.test('a message is scheduled for up to 90 days, and what it carries is counted from then', async (t) => {
  const tenant = await newTenant(gateway)
  const sendAt = at(90 * DAY - 60)
  for (const [url, body, life] of [
    ['/v1/magic-links', { email: freshEmail() }, 600],
    ['/v1/otps', { channel: 'sms', to: '+4915123456789' }, 300],
  ] as const) {
    const { status, body: answer } = await tenant.call('POST', url, { ...body, send_at: sendAt })
    t.equal(status, 202)
    t.equal(answer.data.delivery.status, 'scheduled')
    t.equal(Date.parse(answer.data.expires_at) - Date.parse(sendAt), life * 1_000)
    t.match(await rowOf(admin, answer.data.delivery.id), { status: 'scheduled', due_at: new Date(sendAt) })
    t.equal((await tenant.call('POST', url, { ...body, send_at: at(90 * DAY + 60) })).status, 400)
  }
})

t.test('before it is due nothing is proven, no try is counted, and then it works', async (t) => {
  const tenant = await newTenant(gateway)
  const code = await tenant.issueCode({ send_at: at(600) })
  const link = await tenant.issue({ send_at: at(600) })
  const verify = () => tenant.call('POST', '/v1/magic-links/verify', { token: link.token })
  t.match(await prove(tenant, code.id, code.code), { status: 401, body: { error: { code: 'INVALID_CODE' } } })
  t.match(await verify(), { status: 401, body: { error: { code: 'INVALID_TOKEN' } } })
  t.equal((await challengeOf(code.id)).tries, 0)
  for (const { deliveryId } of [code, link]) {
    const { status } = await tenant.call('PATCH', `/v1/deliveries/${deliveryId}`, { send_at: at(0) })
    t.equal(status, 200)
  }
  t.equal((await prove(tenant, code.id, code.code)).status, 200)
  t.equal((await verify()).status, 200)
})

t.test('a link or code moves with its delivery', async (t) => {
  const tenant = await newTenant(gateway)
  const { id, deliveryId, code } = await tenant.issueCode({ send_at: at(300) })
  const before = await challengeOf(id)
  const sendAt = at(7_200)
  const { body } = await tenant.call('PATCH', `/v1/deliveries/${deliveryId}`, { send_at: sendAt })
  const after = await challengeOf(id)
  t.same(after.due_at, new Date(sendAt))
  t.equal(after.expires_at - after.due_at, before.expires_at - before.due_at)
  t.equal(body.data.expires_at, after.expires_at.toISOString())
  t.equal((await tenant.call('GET', `/v1/otps/${id}`)).body.data.expires_at, after.expires_at.toISOString())
  t.equal((await prove(tenant, id, code)).status, 401)
})

t.test('what is scheduled replaces nothing, and is replaced only once it is due', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  const now = await tenant.issue({ email })
  const later = await tenant.issue({ email, send_at: at(600) })
  const newer = await tenant.issue({ email })
  const statusOf = async ({ id }: { id: string }) =>
    (await tenant.call('GET', `/v1/magic-links/${id}`)).body.data.status
  t.same(
    [await statusOf(now), await statusOf(later), await statusOf(newer)],
    ['superseded', 'pending', 'pending'],
  )
  await tenant.call('PATCH', `/v1/deliveries/${later.deliveryId}`, { send_at: at(0) })
  t.equal(await statusOf(newer), 'pending', 'moving it to now replaces nothing either')
  const newest = await tenant.issue({ email })
  t.same(
    [await statusOf(later), await statusOf(newer), await statusOf(newest)],
    ['superseded', 'superseded', 'pending'],
  )
})

t.test('a delivery whose link or code is over is not moved', async (t) => {
  const tenant = await newTenant(gateway)
  for (const column of ['consumed_at', 'superseded_at', 'revoked_at']) {
    const { id, deliveryId } = await tenant.issue({ send_at: at(600) })
    await admin.query(`UPDATE challenges SET ${column} = now() WHERE id = $1`, [id])
    const before = await rowOf(admin, deliveryId)
    const { status } = await tenant.call('PATCH', `/v1/deliveries/${deliveryId}`, { send_at: at(60) })
    t.equal(status, 409, column)
    t.same(await rowOf(admin, deliveryId), before)
  }
})

t.test(
  'revoking calls off what waits, a dead letter too; a dead letter of what is over stays one',
  async (t) => {
    const tenant = await newTenant(gateway)
    for (const status of ['scheduled', 'dead_letter']) {
      const { id, deliveryId } = await tenant.issue({ send_at: at(600) })
      await admin.query('UPDATE deliveries SET status = $2 WHERE id = $1', [deliveryId, status])
      t.equal((await tenant.call('DELETE', `/v1/magic-links/${id}`)).status, 200)
      t.match(await rowOf(admin, deliveryId), { status: 'cancelled', hasPayload: false, due_at: null })
    }
    const { id, deliveryId } = await tenant.issue({ send_at: at(600) })
    await admin.query(`UPDATE deliveries SET status = 'dead_letter' WHERE id = $1`, [deliveryId])
    await admin.query('UPDATE challenges SET consumed_at = now() WHERE id = $1', [id])
    t.equal((await tenant.call('POST', `/v1/deliveries/${deliveryId}/redrive`)).status, 409)
  },
)

t.test('cancelling a delivery leaves its link as it is: nobody knows it', async (t) => {
  const tenant = await newTenant(gateway)
  const { id, deliveryId } = await tenant.issue({ send_at: at(600) })
  t.equal((await tenant.call('DELETE', `/v1/deliveries/${deliveryId}`)).status, 200)
  t.match((await tenant.call('GET', `/v1/magic-links/${id}`)).body.data, {
    status: 'pending',
    delivery: { status: 'cancelled' },
  })
})
