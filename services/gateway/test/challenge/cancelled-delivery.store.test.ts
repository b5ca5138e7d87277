// Whoever has proven a link or code needs no further message with it: what was not sent is called off right behind the proof.

import t from 'tap'
import { givenAttempt, rowOf } from '../delivery/delivery-rows.ts'
import { pendingOf, proveLink, SCOPES } from '../factor/factor-user.ts'
import { eventsOf, freshEmail, freshPhone, newTenant, openGateway, openHouse, type Tenant } from '../setup.ts'
import { plantCode } from './planted-code.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const { admin } = house

const proveCode = (tenant: Tenant, { id, code }: { id: string; code: string }) =>
  tenant.call('POST', '/v1/otps/verify', { id, code })
const stateOf = async (tenant: Tenant, deliveryId: string) =>
  (await tenant.call('GET', `/v1/deliveries/${deliveryId}`)).body.data.status
const ends = async (tenant: Tenant, deliveryId: string) =>
  (await eventsOf(gateway, tenant.id))
    .filter(({ subject, kind }) => subject === `delivery:${deliveryId}` && kind !== 'delivery.queued')
    .map(({ kind, outcome, reason, actor }) => ({ kind, outcome, reason, actor: actor.split(':')[0] }))

t.test('right after the proof its delivery has ended, as the facts say, and that is told once', async (t) => {
  const tenant = await newTenant(gateway)
  for (const [before, outcome, status] of [
    ['pending', undefined, 'cancelled'],
    ['queued', undefined, 'cancelled'],
    ['dead_letter', undefined, 'cancelled'],
    ['pending', 'retryable', 'cancelled'],
    ['queued', 'unknown', 'unknown'],
    ['pending', 'accepted', 'accepted'],
  ] as const) {
    for (const prove of [
      async () => {
        const { deliveryId, token } = await tenant.issue()
        return { deliveryId, verify: () => tenant.call('POST', '/v1/magic-links/verify', { token }) }
      },
      async () => {
        const code = await tenant.issueCode()
        return { deliveryId: code.deliveryId, verify: () => proveCode(tenant, code) }
      },
    ]) {
      const { deliveryId, verify } = await prove()
      if (outcome) await givenAttempt(admin, tenant, deliveryId, outcome)
      await admin.query('UPDATE deliveries SET status = $2 WHERE id = $1', [deliveryId, before])
      t.equal((await verify()).status, 200)
      const what = `${before} after ${outcome}`
      t.equal(await stateOf(tenant, deliveryId), status, what)
      t.match(await rowOf(admin, deliveryId), { hasPayload: false, due_at: null }, what)
      t.equal((await verify()).status, 401)
      const told = { kind: `delivery.${status}`, reason: 'challenge_used', actor: 'api_key' }
      t.same(
        await ends(tenant, deliveryId),
        [{ ...told, outcome: status === 'unknown' ? 'failed' : 'success' }],
        what,
      )
    }
  }
})

t.test('what a worker is at, or has ended, is left to it; so is a decoy', async (t) => {
  const tenant = await newTenant(gateway)
  for (const [status, outcome, decoy] of [
    ['sending', 'started', false],
    ['queued', 'started', false],
    ['accepted', 'accepted', false],
    ['delivered', 'accepted', false],
    ['queued', undefined, true],
  ] as const) {
    const code = await tenant.issueCode()
    if (outcome) await givenAttempt(admin, tenant, code.deliveryId, outcome)
    // Not due before the test is over: the gateway's own relay takes up what a worker has for too long.
    await admin.query(
      `UPDATE deliveries SET status = $2, decoy = $3, due_at = now() + interval '1 hour' WHERE id = $1`,
      [code.deliveryId, status, decoy],
    )
    t.equal((await proveCode(tenant, code)).status, 200)
    t.match(await rowOf(admin, code.deliveryId), { status, hasPayload: true }, status)
    t.same(await ends(tenant, code.deliveryId), [], status)
  }
})

t.test('a wrong code calls nothing off', async (t) => {
  const tenant = await newTenant(gateway)
  const code = await tenant.issueCode()
  const wrong = code.code === '000000' ? '000001' : '000000'
  t.equal((await proveCode(tenant, { ...code, code: wrong })).status, 401)
  t.match(await rowOf(admin, code.deliveryId), { status: /pending|queued/, hasPayload: true })
})

/** The delivery of a planted code, as one that waits in a queue. */
async function queuedDelivery(challengeId: string): Promise<string> {
  const { rows } = await admin.query(
    `INSERT INTO deliveries (tenant_id, id, challenge_id, channel, template, status, decoy, send_at, expires_at, due_at)
     SELECT tenant_id, delivery_id, id, 'email', 'otp', 'queued', false, now(), expires_at, expires_at FROM challenges
      WHERE id = $1 RETURNING id`,
    [challengeId],
  )
  return rows[0].id
}

t.test('as the next factor of a sign-in as well', async (t) => {
  const tenant = await newTenant(gateway, SCOPES, { policy: { chain: ['otp_email'] } })
  const { mfa, user } = await proveLink(tenant, freshEmail())
  const { id, code } = await plantCode(gateway, tenant, { to: user.email, mfaId: pendingOf(mfa.token) })
  const deliveryId = await queuedDelivery(id)
  const { status } = await tenant.call('POST', '/v1/mfa/verify', { mfa_token: mfa.token, otp_id: id, code })
  t.equal(status, 200)
  t.match(await rowOf(admin, deliveryId), { status: 'cancelled', due_at: null })
})

t.test('and where the next factor was proven, but is somebody else’s', async (t) => {
  const tenant = await newTenant(gateway, SCOPES, { policy: { chain: ['otp_sms'] } })
  const { mfa } = await proveLink(tenant, freshEmail())
  const { user: other } = await proveLink(tenant, freshEmail())
  const phone = freshPhone()
  await admin.query(
    `INSERT INTO identifiers (tenant_id, kind, identity_key, user_id, verified_at) VALUES ($1, 'phone', $2, $3, now())`,
    [tenant.id, phone, other.id],
  )
  const { id, code } = await plantCode(gateway, tenant, { to: phone, mfaId: pendingOf(mfa.token) })
  const deliveryId = await queuedDelivery(id)
  const { body } = await tenant.call('POST', '/v1/mfa/verify', { mfa_token: mfa.token, otp_id: id, code })
  t.equal(body.error.code, 'CONFLICT')
  t.match(await rowOf(admin, deliveryId), { status: 'cancelled', due_at: null })
})

t.test('a proof stands though its message cannot be cancelled, and that is logged and counted', async (t) => {
  const tenant = await newTenant(gateway)
  const code = await tenant.issueCode()
  await admin.query('REVOKE UPDATE ON deliveries FROM postern_gateway')
  t.teardown(() => admin.query('GRANT UPDATE ON deliveries TO postern_gateway'))
  const { status, body } = await proveCode(tenant, code)
  t.match([status, typeof body.data?.session?.access_token], [200, 'string'])
  const line = gateway.logs.lines().find(({ msg }) => msg === 'an unneeded message was not cancelled')
  t.match(line, { level: 'warn', delivery_id: code.deliveryId, err: { code: '42501' } })
  const metrics = await gateway.call({ method: 'GET', url: '/metrics' })
  t.match(metrics.body, /^postern_delivery_cancel_failures_total 1$/m)
  t.match(await rowOf(admin, code.deliveryId), { status: /pending|queued/, hasPayload: true })
})
