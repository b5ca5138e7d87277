// What a proven first factor opens: a session, or, where policy or the user's own TOTP asks for more, only the wait for it.

import { randomBytes, randomUUID } from 'node:crypto'
import { readMfaToken } from '@postern/token/mfa-token'
import t from 'tap'
import { eventsOf, freshEmail, newTenant, openGateway, openHouse, type Tenant } from '../setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)

const proveLink = async (tenant: Tenant, email: string) => {
  const { token } = await tenant.issue({ email })
  return (await tenant.call('POST', '/v1/magic-links/verify', { token })).body.data
}
const demand = (tenant: Tenant, chain: string) =>
  house.admin.query('UPDATE tenants SET factor_chain = $2 WHERE id = $1', [tenant.id, chain])
const sessionsOf = async (tenant: Tenant) => {
  const { rows } = await house.admin.query(
    'SELECT kind, user_agent, address, amr, acr FROM sessions WHERE tenant_id = $1',
    [tenant.id],
  )
  return rows
}
const enableTotp = (tenant: Tenant, userId: string) =>
  house.admin.query(
    `INSERT INTO totp_factors (tenant_id, id, user_id, secret, secret_version, last_step, enabled_at)
     VALUES ($1, $2, $3, '', 1, 0, now())`,
    [tenant.id, randomUUID(), userId],
  )

t.test('a session remembers from where it was opened, however long the header', async (t) => {
  const tenant = await newTenant(gateway)
  const { token } = await tenant.issue()
  const userAgent = `agent ${'x'.repeat(600)}`
  const { status } = await tenant.call(
    'POST',
    '/v1/magic-links/verify',
    { token },
    { 'user-agent': userAgent },
  )
  t.equal(status, 200)
  t.strictSame(await sessionsOf(tenant), [
    {
      kind: 'api',
      user_agent: userAgent.slice(0, 512),
      address: '127.0.0.1',
      amr: ['magic_link'],
      acr: 'urn:postern:acr:one-factor',
    },
  ])
})

t.test('a factor that policy demands is waited for, and no session opens before it', async (t) => {
  const tenant = await newTenant(gateway)
  await demand(tenant, '{magic_link,totp}')
  const result = await proveLink(tenant, freshEmail())
  t.equal(result.session, null)
  t.match(result.mfa, { required: true, enrollment_required: true, methods: ['totp'] })
  t.strictSame(await sessionsOf(tenant), [])
  const { rows } = await house.admin.query(
    `SELECT id, user_id, digest, key_version, amr, purpose, user_created,
            extract(epoch FROM expires_at - created_at)::int AS life FROM pending_sign_ins WHERE tenant_id = $1`,
    [tenant.id],
  )
  t.match(rows, [
    { user_id: result.user.id, amr: ['magic_link'], purpose: 'sign_in', user_created: true, life: 600 },
  ])
  const token = readMfaToken(gateway.context.pepper, result.mfa.token)
  t.match(token, { tenantId: tenant.id, pendingId: rows[0].id, keyVersion: rows[0].key_version })
  t.same(token?.digest, rows[0].digest)
  const kinds = (await eventsOf(gateway, tenant.id)).map(({ kind }) => kind)
  t.ok(kinds.includes('mfa.required'))
  t.notOk(kinds.includes('session.opened'))
})

t.test('an enrolled TOTP is demanded without any policy, and a recovery code may stand for it', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  const { user } = await proveLink(tenant, email)
  await enableTotp(tenant, user.id)
  t.match((await proveLink(tenant, email)).mfa, { enrollment_required: false, methods: ['totp'] })
  const recovery =
    'INSERT INTO recovery_codes (tenant_id, user_id, digest, key_version, used_at) VALUES ($1, $2, $3, 1, $4)'
  await house.admin.query(recovery, [tenant.id, user.id, randomBytes(32), new Date()])
  t.strictSame((await proveLink(tenant, email)).mfa.methods, ['totp'], 'a used one stands for nothing')
  await house.admin.query(recovery, [tenant.id, user.id, randomBytes(32), null])
  const { session, mfa } = await proveLink(tenant, email)
  t.equal(session, null)
  t.strictSame(mfa.methods, ['totp', 'recovery_code'])
})

t.test('a phone or mailbox that was never proven has to be enrolled', async (t) => {
  const tenant = await newTenant(gateway)
  await demand(tenant, '{otp_sms}')
  const email = freshEmail()
  const first = await proveLink(tenant, email)
  t.match(first.mfa, { enrollment_required: true, methods: ['otp_sms'] })
  await house.admin.query(
    `UPDATE users SET phone = '+4915112345678', phone_verified_at = now() WHERE id = $1`,
    [first.user.id],
  )
  t.match((await proveLink(tenant, email)).mfa, { enrollment_required: false, methods: ['otp_sms'] })
  await demand(tenant, '{otp_email,totp}')
  t.match((await proveLink(tenant, freshEmail())).mfa, { enrollment_required: false, methods: ['otp_email'] })
})

t.test('a purpose that opens no session waits for nothing', async (t) => {
  const tenant = await newTenant(gateway)
  await demand(tenant, '{totp}')
  const { token } = await tenant.issue({ purpose: 'verify_email' })
  const { body } = await tenant.call('POST', '/v1/magic-links/verify', { token })
  t.match(body.data, { session: null, mfa: null })
})
