// Codes that wrong guesses turned off work again once their owner has signed in with two factors. Whoever has proven less,
// or has not proven the identifier, frees nothing.

import { alone, type TenantRun } from '@postern/db/with-tenant'
import type { RawBuilder } from 'kysely'
import t from 'tap'
import { identifierDigest } from '../../src/challenge/identifier.ts'
import { verifyMfa } from '../../src/factor/verify-mfa.ts'
import { plantCode, verifyCode } from '../challenge/planted-code.ts'
import {
  eventsOf,
  freshEmail,
  freshPhone,
  newTenant,
  openGateway,
  openHouse,
  operator,
  type Tenant,
} from '../setup.ts'
import { codeOf, newFactorUser, pendingOf, proveLink, SCOPES, wrongCodeOf } from './factor-user.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const query = (text: string, values: unknown[]) => house.admin.query(text, values)
const verify = (tenant: Tenant, mfa_token: string, answer: object) =>
  tenant.call('POST', '/v1/mfa/verify', { mfa_token, ...answer })
const setChain = (tenant: Tenant, chain: string[]) =>
  operator(gateway, 'PATCH', `/v1/tenants/${tenant.id}`, { policy: { chain } })

const givePhone = async (tenant: Tenant, userId: string, verified = true) => {
  const phone = freshPhone()
  await query(
    `INSERT INTO identifiers (tenant_id, kind, identity_key, user_id, verified_at)
     VALUES ($1, 'phone', $2, $3, CASE WHEN $4 THEN now() END)`,
    [tenant.id, phone, userId, verified],
  )
  await query('UPDATE users SET phone = $2, phone_verified_at = CASE WHEN $3 THEN now() END WHERE id = $1', [
    userId,
    phone,
    verified,
  ])
  return phone
}
/** A user who has proven mailbox, phone and TOTP. */
async function newOwner(tenant: Tenant) {
  const user = await newFactorUser(gateway, tenant)
  return { ...user, phone: await givePhone(tenant, user.id) }
}
/** A code to a mailbox: what its proof tells. */
async function proveMail(tenant: Tenant, email: string) {
  const { id, code } = await plantCode(gateway, tenant, { to: email })
  return (await verifyCode(tenant, id, code)).body.data
}
const turnOff = (tenant: Tenant, limitKey: string) =>
  query(
    `INSERT INTO identifier_guards (tenant_id, limit_key, window_started_at, sends, failures, disabled_at)
     VALUES ($1, $2, now(), 0, 100, now())
     ON CONFLICT (tenant_id, limit_key) DO UPDATE SET failures = 100, disabled_at = now()`,
    [tenant.id, limitKey],
  )
const isOff = async (tenant: Tenant, limitKey: string) =>
  (
    await query(
      'SELECT disabled_at IS NOT NULL AS off FROM identifier_guards WHERE tenant_id = $1 AND limit_key = $2',
      [tenant.id, limitKey],
    )
  ).rows[0].off
const unlocked = async (tenant: Tenant) =>
  (await eventsOf(gateway, tenant.id))
    .filter(({ kind }) => kind === 'identifier.unlocked')
    .map(({ subject, reason, outcome }) => ({ subject, reason, outcome }))
const freed = (tenant: Tenant, identityKey: string) => ({
  subject: `identifier:${identifierDigest(gateway.context.pepper, tenant.id, { identityKey })}`,
  reason: 'factor_proven',
  outcome: 'success',
})

t.test('after a hundred wrong texted codes a link and TOTP turn them on again', async (t) => {
  const tenant = await newTenant(gateway, SCOPES)
  const user = await newOwner(tenant)
  const to = user.phone
  for (let n = 0; n < 100; n += 5) {
    await query('UPDATE identifier_guards SET wait_until = now() WHERE tenant_id = $1', [tenant.id])
    const { id, wrong } = await plantCode(gateway, tenant, { to })
    for (let guess = 1; guess <= 5; guess++)
      t.equal((await verifyCode(tenant, id, wrong(guess))).body.error.code, 'INVALID_CODE')
  }
  const { id, code } = await plantCode(gateway, tenant, { to })
  t.match((await verifyCode(tenant, id, code)).body.error, {
    code: 'IDENTIFIER_LOCKED',
    details: [{ disabled: true }],
  })
  const { mfa } = await proveLink(tenant, user.email)
  t.ok(await isOff(tenant, to), 'a link to the mailbox alone is no proof of the phone')
  const { body } = await verify(tenant, mfa.token, { code: codeOf(user.secret) })
  t.same(body.data.session.amr, ['magic_link', 'totp'])
  t.equal((await verifyCode(tenant, id, code)).status, 200, 'the very code that was refused')
  t.same(await unlocked(tenant), [freed(tenant, to)], 'told once')
})

t.test('a texted code and a recovery code end the wait of the mailbox, whatever its plus-tag', async (t) => {
  const tenant = await newTenant(gateway, SCOPES)
  const user = await newOwner(tenant)
  const tagged = user.email.replace('@', '+news@')
  await query('UPDATE identifiers SET identity_key = $2 WHERE identity_key = $1', [user.email, tagged])
  const waiting = await plantCode(gateway, tenant, { to: tagged, limitKey: user.email })
  await query(
    `UPDATE identifier_guards SET failures = 10, wait_until = now() + interval '1 hour'
      WHERE tenant_id = $1 AND limit_key = $2`,
    [tenant.id, user.email],
  )
  t.equal((await verifyCode(tenant, waiting.id, waiting.code)).body.error.code, 'IDENTIFIER_LOCKED')
  const { id, code } = await plantCode(gateway, tenant, { to: user.phone })
  const { mfa } = (await verifyCode(tenant, id, code)).body.data
  const [recovery_code] = user.recoveryCodes
  t.equal((await verify(tenant, mfa.token, { recovery_code })).status, 200)
  t.equal((await verifyCode(tenant, waiting.id, waiting.code)).status, 200)
  t.same(await unlocked(tenant), [freed(tenant, tagged)])
})

t.test('a link as second factor frees its mailbox by itself, and the phone beside it', async (t) => {
  const tenant = await newTenant(gateway, SCOPES, { policy: { chain: ['magic_link'] } })
  const email = freshEmail()
  const { user } = await proveMail(tenant, email)
  const phone = await givePhone(tenant, user.id)
  const begun = await plantCode(gateway, tenant, { to: phone })
  const { data } = (await verifyCode(tenant, begun.id, begun.code)).body
  for (const key of [email, phone]) await turnOff(tenant, key)
  const { id, token } = await tenant.issue({ email: email })
  await query('UPDATE challenges SET mfa_id = $1 WHERE id = $2', [pendingOf(data.mfa.token), id])
  const { body } = await verify(tenant, data.mfa.token, { token })
  t.same(body.data.session.amr, ['otp_sms', 'magic_link'])
  t.same([await isOff(tenant, email), await isOff(tenant, phone)], [false, false])
  t.same((await unlocked(tenant)).map(({ reason }) => reason).sort(), ['factor_proven', 'link_proven'])
})

t.test('two proofs of one mailbox free no phone', async (t) => {
  const tenant = await newTenant(gateway, SCOPES, { policy: { chain: ['magic_link'] } })
  const email = freshEmail()
  const { user, mfa } = await proveMail(tenant, email)
  const phone = await givePhone(tenant, user.id)
  await turnOff(tenant, phone)
  const { id, token } = await tenant.issue({ email: email })
  await query('UPDATE challenges SET mfa_id = $1 WHERE id = $2', [pendingOf(mfa.token), id])
  const { body } = await verify(tenant, mfa.token, { token })
  t.same(body.data.session.amr, ['otp_email', 'magic_link'])
  t.ok(await isOff(tenant, phone))
})

t.test('what is still missing is not unlocked by what came before it', async (t) => {
  const tenant = await newTenant(gateway, SCOPES)
  const user = await newOwner(tenant)
  await setChain(tenant, ['totp', 'otp_sms'])
  await turnOff(tenant, user.phone)
  const { mfa } = await proveLink(tenant, user.email)
  const { body } = await verify(tenant, mfa.token, { code: codeOf(user.secret) })
  t.match(body.data, { session: null, mfa: { methods: ['otp_sms'] } })
  t.ok(await isOff(tenant, user.phone))
  const { id, code } = await plantCode(gateway, tenant, {
    to: user.phone,
    mfaId: pendingOf(body.data.mfa.token),
  })
  const locked = await verify(tenant, body.data.mfa.token, { otp_id: id, code })
  t.equal(locked.body.error.code, 'IDENTIFIER_LOCKED')
})

t.test('a first TOTP that was set up within the sign-in frees nothing', async (t) => {
  const tenant = await newTenant(gateway, SCOPES)
  const email = freshEmail()
  const { user } = await proveLink(tenant, email)
  const phone = await givePhone(tenant, user.id)
  await turnOff(tenant, phone)
  await setChain(tenant, ['totp'])
  const { mfa } = await proveLink(tenant, email)
  const path = `/v1/users/${user.id}/totp`
  const { secret } = (await tenant.call('POST', path, { mfa_token: mfa.token })).body.data
  const { body } = await tenant.call('POST', `${path}/enable`, { code: codeOf(secret), mfa_token: mfa.token })
  t.same(body.data.sign_in.session.amr, ['magic_link', 'totp'])
  t.ok(await isOff(tenant, phone))
})

t.test('wrong, replayed and disabled sign-ins free nothing', async (t) => {
  const tenant = await newTenant(gateway, SCOPES)
  const user = await newOwner(tenant)
  const { mfa } = await proveLink(tenant, user.email)
  const right = { code: codeOf(user.secret) }
  t.equal((await verify(tenant, mfa.token, right)).status, 200)
  await turnOff(tenant, user.phone)
  t.equal((await verify(tenant, mfa.token, right)).body.error.code, 'TOKEN_USED')
  const again = (await proveLink(tenant, user.email)).mfa.token
  t.equal((await verify(tenant, again, right)).body.error.code, 'INVALID_CODE', 'a step that was spent')
  t.equal((await verify(tenant, again, { code: wrongCodeOf(user.secret) })).status, 401)
  await query('UPDATE users SET is_active = false WHERE id = $1', [user.id])
  await user.rewind()
  t.equal((await verify(tenant, again, right)).body.error.code, 'ACCOUNT_DISABLED')
  t.ok(await isOff(tenant, user.phone))
  t.same(await unlocked(tenant), [])
})

t.test('only what the user has proven is freed, and only in their tenant', async (t) => {
  const [tenant, other] = [await newTenant(gateway, SCOPES), await newTenant(gateway, SCOPES)]
  const user = await newFactorUser(gateway, tenant)
  const attached = await givePhone(tenant, user.id, false)
  const [victim, elsewhere] = [await newOwner(tenant), await newOwner(other)]
  const stay = [
    [tenant, attached],
    [tenant, victim.phone],
    [tenant, victim.email],
    [other, elsewhere.phone],
    [other, user.email],
  ] as const
  for (const [of, key] of stay) await turnOff(of, key)
  const { mfa } = await proveLink(tenant, user.email)
  t.equal((await verify(tenant, mfa.token, { code: codeOf(user.secret) })).status, 200)
  for (const [of, key] of stay) t.ok(await isOff(of, key), key)
  t.same(await unlocked(tenant), [])
})

t.test('an identifier that passes to somebody else while the answer is read stays as it is', async (t) => {
  const tenant = await newTenant(gateway, SCOPES)
  const [user, other] = [await newOwner(tenant), await newFactorUser(gateway, tenant)]
  const moves = [
    ['UPDATE identifiers SET verified_at = NULL WHERE identity_key = $1', [user.phone]],
    [
      'UPDATE identifiers SET verified_at = now(), user_id = $2 WHERE identity_key = $1',
      [user.phone, other.id],
    ],
  ] as const
  for (const [text, values] of moves) {
    await turnOff(tenant, user.phone)
    const { mfa } = await proveLink(tenant, user.email)
    const scope = { tenantId: tenant.id, actor: 'api_key:test', requestId: null, traceparent: null }
    const run = alone(gateway.context.database, scope)
    let reads = 0
    const moved: TenantRun = Object.assign(
      async <R>(statement: RawBuilder<R>, lock?: string | readonly string[]) => {
        const rows = await run(statement, lock)
        if (++reads === 1) await query(text, [...values])
        return rows
      },
      { each: run.each },
    )
    const of = {
      id: tenant.id,
      audience: 'https://app.test',
      sessionIdleSeconds: 600,
      sessionAbsoluteSeconds: 600,
    }
    await user.rewind()
    const result = await verifyMfa(gateway.context, moved, of, {
      mfaToken: mfa.token,
      answer: { code: codeOf(user.secret) },
      client: { kind: 'api', userAgent: null, address: null },
    })
    t.match(result.session, { amr: ['magic_link', 'totp'] })
    t.ok(await isOff(tenant, user.phone))
    await query('UPDATE identifiers SET verified_at = now(), user_id = $2 WHERE identity_key = $1', [
      user.phone,
      user.id,
    ])
  }
})

t.test('a lock ends once, whoever ends it; failures that locked nothing go on being counted', async (t) => {
  const tenant = await newTenant(gateway, SCOPES)
  const user = await newOwner(tenant)
  const tokens: string[] = []
  for (const _ of user.recoveryCodes) tokens.push((await proveMail(tenant, user.email)).mfa.token)
  await turnOff(tenant, user.phone)
  const done = await Promise.all(
    user.recoveryCodes.map((recovery_code, n) => verify(tenant, tokens[n] ?? '', { recovery_code })),
  )
  t.same(new Set(done.map(({ status }) => status)), new Set([200]))
  t.same(await unlocked(tenant), [freed(tenant, user.phone)])
  await query('UPDATE identifier_guards SET failures = 9 WHERE limit_key = $1', [user.phone])
  const { mfa } = await proveLink(tenant, user.email)
  t.equal((await verify(tenant, mfa.token, { code: codeOf(user.secret) })).status, 200)
  const { rows } = await query('SELECT failures FROM identifier_guards WHERE limit_key = $1', [user.phone])
  t.equal(rows[0].failures, 9)
})
