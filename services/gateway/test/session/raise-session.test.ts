// A step-up raises the session it was issued for, and only while that lives and belongs to whoever proved.

import { readRefreshToken } from '@postern/token/refresh-token'
import { decodeJwt } from 'jose'
import t from 'tap'
import { plantCode, verifyCode } from '../challenge/planted-code.ts'
import { overlapping } from '../overlap.ts'
import { eventsOf, freshEmail, newTenant, openGateway, openHouse, type Tenant } from '../setup.ts'
import { codeOf, heldSession, refresh } from './signed-in.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)

async function signIn(tenant: Tenant, email: string) {
  const { token } = await tenant.issue({ email })
  return (await tenant.call('POST', '/v1/magic-links/verify', { token })).body.data
}
/** A phone that is proven to be the user's. */
const givePhone = (tenant: Tenant, userId: string, phone: string) =>
  house.admin.query(
    `INSERT INTO identifiers (tenant_id, kind, identity_key, user_id, verified_at) VALUES ($1, 'phone', $2, $3, now())`,
    [tenant.id, phone, userId],
  )
const stepUp = (tenant: Tenant, to: string, sessionId: string) =>
  plantCode(gateway, tenant, { to, purpose: 'step_up', sessionId })
const tokensOf = async (sessionId: string) => {
  const { rows } = await house.admin.query(
    'SELECT generation, digest, used_at IS NULL AS live, key_version FROM refresh_tokens WHERE session_id = $1 ORDER BY 1',
    [sessionId],
  )
  return rows
}

t.test('a proven step-up raises this session and renews its tokens', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  const { user, session } = await signIn(tenant, email)
  await givePhone(tenant, user.id, '+4915112345678')
  const { id, code } = await stepUp(tenant, '+4915112345678', session.id)
  const { status, body } = await verifyCode(tenant, id, code)
  t.equal(status, 200)
  t.match(body.data, {
    user: { id: user.id, email },
    created: false,
    purpose: 'step_up',
    session: { id: session.id, amr: ['magic_link', 'otp_sms'], acr: 'urn:postern:acr:multi-factor' },
    mfa: null,
  })
  t.match(decodeJwt(body.data.session.access_token), { sid: session.id, amr: ['magic_link', 'otp_sms'] })
  const read = readRefreshToken(body.data.session.refresh_token)
  t.equal(read?.sessionId, session.id)
  const tokens = await tokensOf(session.id)
  t.strictSame(
    tokens.map(({ generation, live, key_version }) => ({ generation, live, key_version })),
    [
      { generation: 0, live: false, key_version: null },
      { generation: 1, live: true, key_version: null },
    ],
  )
  t.same(tokens[1].digest, read?.digest)
  const raised = (await eventsOf(gateway, tenant.id)).filter(({ kind }) => kind === 'session.raised')
  t.match(raised, [{ subject: `session:${session.id}`, outcome: 'success' }])
  const { rows } = await house.admin.query('SELECT count(*)::int AS n FROM sessions WHERE tenant_id = $1', [
    tenant.id,
  ])
  t.equal(rows[0].n, 1, 'no session was opened')
})

t.test('what a step-up proves is not for a token from before it, also within a grace', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  const { session } = await signIn(tenant, email)
  const next = (await refresh(tenant, session.refresh_token)).body.data.session.refresh_token
  const { id, code } = await stepUp(tenant, email, session.id)
  const raised = (await verifyCode(tenant, id, code)).body.data.session
  t.equal(codeOf(await refresh(tenant, session.refresh_token)), 'TOKEN_USED', 'two generations back')
  t.equal(codeOf(await refresh(tenant, next)), 'TOKEN_USED')
  t.equal(codeOf(await refresh(tenant, raised.refresh_token)), 'ok', 'and the session lives')
  t.equal(codeOf(await refresh(tenant, raised.refresh_token)), 'ok', 'with a grace of its own')
})

t.test('a method is named once, and the same mailbox again is no second factor', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  const { session } = await signIn(tenant, email)
  for (let round = 0; round < 2; round++) {
    const { id, code } = await stepUp(tenant, email, session.id)
    const { body } = await verifyCode(tenant, id, code)
    t.match(body.data.session, { amr: ['magic_link', 'otp_email'], acr: 'urn:postern:acr:one-factor' })
  }
})

t.test('a session that ended meanwhile is told, and the proof is spent', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  const ends = ['revoked_at = now()', 'idle_expires_at = now()', 'expires_at = now()', `kind = 'browser'`]
  for (const end of ends) {
    const { session } = await signIn(tenant, email)
    const { id, code, wrong } = await stepUp(tenant, email, session.id)
    await house.admin.query(`UPDATE sessions SET ${end} WHERE id = $1`, [session.id])
    t.equal((await verifyCode(tenant, id, wrong())).body.error.code, 'INVALID_CODE')
    t.equal((await verifyCode(tenant, id, code)).body.error.code, 'SESSION_REVOKED', end)
    t.equal((await verifyCode(tenant, id, code)).body.error.code, 'TOKEN_USED')
    t.equal((await tokensOf(session.id)).length, 1)
  }
  const reasons = (await eventsOf(gateway, tenant.id)).filter(({ reason }) => reason === 'session_ended')
  t.equal(reasons.length, ends.length)
})

t.test(
  'a session is not raised by an identifier of somebody else, nor by another tenant’s code',
  async (t) => {
    const [tenant, other] = [await newTenant(gateway), await newTenant(gateway)]
    const email = freshEmail()
    const { user, session } = await signIn(tenant, email)
    const [mine, theirs] = [await signIn(tenant, freshEmail()), await signIn(other, email)]
    const foreign = await stepUp(tenant, mine.user.email, session.id)
    t.equal((await verifyCode(tenant, foreign.id, foreign.code)).body.error.code, 'SESSION_REVOKED')
    const elsewhere = await stepUp(other, theirs.user.email, session.id)
    t.equal((await verifyCode(other, elsewhere.id, elsewhere.code)).body.error.code, 'SESSION_REVOKED')
    await givePhone(tenant, user.id, '+4915187654321')
    await house.admin.query('UPDATE identifiers SET verified_at = NULL WHERE identity_key = $1', [
      '+4915187654321',
    ])
    const unproven = await stepUp(tenant, '+4915187654321', session.id)
    t.equal((await verifyCode(tenant, unproven.id, unproven.code)).body.error.code, 'SESSION_REVOKED')
    const nobody = await stepUp(tenant, freshEmail(), session.id)
    t.equal((await verifyCode(tenant, nobody.id, nobody.code)).body.error.code, 'SESSION_REVOKED')
    t.equal((await tokensOf(session.id)).length, 1)
  },
)

t.test('a disabled account is told so after the step-up’s proof', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  const { user, session } = await signIn(tenant, email)
  const { id, code } = await stepUp(tenant, email, session.id)
  await house.admin.query('UPDATE users SET is_active = false WHERE id = $1', [user.id])
  t.equal((await verifyCode(tenant, id, code)).body.error.code, 'ACCOUNT_DISABLED')
  t.equal((await verifyCode(tenant, id, code)).body.error.code, 'TOKEN_USED')
})

t.test('of 100 step-ups of one session at once each draws one token, and one token lives', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  const { session } = await signIn(tenant, email)
  const codes = []
  for (let n = 0; n < 100; n++) codes.push(await stepUp(tenant, email, session.id))
  const answers = await Promise.all(codes.map(({ id, code }) => verifyCode(tenant, id, code)))
  t.strictSame([...new Set(answers.map(({ status }) => status))], [200])
  const tokens = await tokensOf(session.id)
  t.equal(tokens.length, 101)
  t.equal(tokens.filter(({ live }) => live).length, 1)
  t.ok(tokens.at(-1).live)
})

t.test('a step-up and refreshes that overlap leave one live token, and the session lives', async (t) => {
  const tenant = await newTenant(gateway)
  for (let round = 0; round < 5; round++) {
    const email = freshEmail()
    const { session } = await signIn(tenant, email)
    const { id, code } = await stepUp(tenant, email, session.id)
    const answers = await overlapping(house, heldSession(session.id), () => [
      ...Array.from({ length: 4 }, () => refresh(tenant, session.refresh_token)),
      verifyCode(tenant, id, code),
      ...Array.from({ length: 8 }, () => refresh(tenant, session.refresh_token)),
    ])
    const raised = answers[4]
    t.equal(raised?.status, 200, JSON.stringify(raised?.body.error))
    // A token from before the step-up has no successor to repeat; within its grace that is no theft.
    t.strictSame(
      [...new Set(answers.map(codeOf))].filter((each) => !['ok', 'TOKEN_USED'].includes(each)),
      [],
    )
    t.equal((await tokensOf(session.id)).filter(({ live }) => live).length, 1)
    t.equal((await refresh(tenant, raised?.body.data.session.refresh_token)).status, 200)
  }
})
