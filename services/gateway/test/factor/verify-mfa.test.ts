// A sign-in that waits for its next factor goes on with exactly that factor, once, and nothing else opens its session.

import { createLocalJWKSet, jwtVerify } from 'jose'
import t from 'tap'
import { eventsOf, freshEmail, newTenant, openGateway, openHouse, operator, type Tenant } from '../setup.ts'
import { codeOf, newFactorUser, proveLink, SCOPES, wrongCodeOf } from './factor-user.ts'

const MULTI = 'urn:postern:acr:multi-factor'
const house = await openHouse(t)
const gateway = await openGateway(t, house)
const tenant = await newTenant(gateway, SCOPES)
const verify = (mfa_token: string, answer: object, of: Tenant = tenant) =>
  of.call('POST', '/v1/mfa/verify', { mfa_token, ...answer })
const sessionsOf = async (userId: string) =>
  (await house.admin.query('SELECT amr, acr FROM sessions WHERE user_id = $1 ORDER BY created_at', [userId]))
    .rows
/** A user with TOTP, and a sign-in that waits for it. */
async function waiting(of: Tenant = tenant) {
  const user = await newFactorUser(gateway, of)
  const { mfa, session } = await proveLink(of, user.email)
  t.equal(session, null)
  const forget = async () => house.admin.query('DELETE FROM sessions WHERE user_id = $1', [user.id])
  await forget()
  return {
    user,
    token: mfa.token as string,
    pendingId: Buffer.from(mfa.token, 'base64url').toString('hex', 18, 34),
  }
}

t.test('a right code opens the session, and amr and acr say what was proven, in order', async (t) => {
  const { user, token } = await waiting()
  const { status, body } = await verify(token, { code: codeOf(user.secret) })
  t.equal(status, 200)
  t.match(body.data, {
    user: { id: user.id, email: user.email },
    created: false,
    purpose: 'sign_in',
    session: { amr: ['magic_link', 'totp'], acr: MULTI },
    mfa: null,
  })
  const { body: jwks } = await gateway.call({ method: 'GET', url: '/.well-known/jwks.json' })
  const { payload } = await jwtVerify(body.data.session.access_token, createLocalJWKSet(jwks))
  t.match(payload, { sub: user.id, sid: body.data.session.id, amr: ['magic_link', 'totp'], acr: MULTI })
  t.strictSame(await sessionsOf(user.id), [{ amr: ['magic_link', 'totp'], acr: MULTI }])
  const told = (await eventsOf(gateway, tenant.id)).filter(({ kind }) => kind.startsWith('mfa.'))
  t.strictSame(
    told.map(({ kind, subject }) => [kind, subject]),
    [
      ['mfa.required', `user:${user.id}`],
      ['mfa.verified', `user:${user.id}`],
    ],
  )
})

t.test('a recovery code stands for TOTP, and amr says so', async (t) => {
  const { user, token } = await waiting()
  const [first = ''] = user.recoveryCodes
  const { body } = await verify(token, { recovery_code: first.toLowerCase().replaceAll('-', '') })
  t.match(body.data.session, { amr: ['magic_link', 'recovery_code'], acr: MULTI })
  const again = await proveLink(tenant, user.email)
  t.equal(
    (await verify(again.mfa.token, { recovery_code: first })).body.error.code,
    'INVALID_CODE',
    'each once',
  )
  t.equal((await verify(again.mfa.token, { recovery_code: user.recoveryCodes[1] })).status, 200)
})

t.test('the token dies on success', async (t) => {
  const { user, token } = await waiting()
  t.equal((await verify(token, { code: codeOf(user.secret) })).status, 200)
  await user.rewind()
  for (const answer of [{ code: codeOf(user.secret) }, { recovery_code: user.recoveryCodes[0] }]) {
    t.equal((await verify(token, answer)).body.error.code, 'TOKEN_USED')
  }
  t.equal((await sessionsOf(user.id)).length, 1)
  const { rows } = await house.admin.query(
    'SELECT FROM recovery_codes WHERE user_id = $1 AND used_at IS NOT NULL',
    [user.id],
  )
  t.equal(rows.length, 0, 'and nothing else is spent with it')
})

t.test('a step opens one session, whichever sign-in it is given to', async (t) => {
  const { user, token } = await waiting()
  const other = (await proveLink(tenant, user.email)).mfa.token
  const [earlier, code] = [codeOf(user.secret, -1), codeOf(user.secret)]
  t.equal((await verify(token, { code })).status, 200)
  t.equal((await verify(other, { code })).body.error.code, 'INVALID_CODE')
  t.equal((await verify(other, { code: earlier })).body.error.code, 'INVALID_CODE')
})

t.test('five wrong answers are survived, the sixth ends the sign-in', async (t) => {
  const survivor = await waiting()
  for (let left = 5; left > 0; left--) {
    const { body } = await verify(survivor.token, { code: wrongCodeOf(survivor.user.secret) })
    t.match(body.error, { code: 'INVALID_CODE', details: [{ remaining_attempts: left }] })
  }
  t.equal((await verify(survivor.token, { code: codeOf(survivor.user.secret) })).status, 200)
  const ended = await waiting()
  for (let n = 0; n < 6; n++) await verify(ended.token, { recovery_code: 'AAAA-AAAA-AAAA-AAAA' })
  const { body } = await verify(ended.token, { code: codeOf(ended.user.secret) })
  t.equal(body.error.code, 'ATTEMPTS_EXHAUSTED')
  t.equal((await sessionsOf(ended.user.id)).length, 0)
})

t.test('new sign-ins give no more tries than the user has', async (t) => {
  const { user, token } = await waiting()
  const another = async (): Promise<string> => (await proveLink(tenant, user.email)).mfa.token
  const answers = []
  for (const sign of [token, await another()]) {
    for (let tries = 0; tries < 5; tries++) {
      answers.push((await verify(sign, { code: wrongCodeOf(user.secret) })).status)
    }
  }
  t.same(answers, Array(10).fill(401))
  const locked = await verify(await another(), { code: codeOf(user.secret) })
  t.match(locked, { status: 429, body: { error: { code: 'IDENTIFIER_LOCKED' } } })
  const { rows } = await house.admin.query(
    'SELECT failures FROM pending_sign_ins WHERE user_id = $1 ORDER BY created_at DESC LIMIT 1',
    [user.id],
  )
  t.equal(rows[0].failures, 0, 'who waits loses none of the five')
})

t.test('ten minutes by the clock of the database, then it is over', async (t) => {
  const { user, token } = await waiting()
  await house.admin.query(`UPDATE pending_sign_ins SET expires_at = now() WHERE user_id = $1`, [user.id])
  t.equal((await verify(token, { code: codeOf(user.secret) })).body.error.code, 'TOKEN_EXPIRED')
  t.equal((await sessionsOf(user.id)).length, 0)
})

t.test('a user who was disabled meanwhile gets no session, and the proof is spent', async (t) => {
  const { user, token } = await waiting()
  await house.admin.query('UPDATE users SET is_active = false WHERE id = $1', [user.id])
  const code = codeOf(user.secret)
  t.equal((await verify(token, { code })).body.error.code, 'ACCOUNT_DISABLED')
  await house.admin.query('UPDATE users SET is_active = true WHERE id = $1', [user.id])
  t.equal((await verify(token, { code })).body.error.code, 'TOKEN_USED')
  t.equal((await sessionsOf(user.id)).length, 0)
})

t.test('forged, damaged and other tenants’ tokens are refused and spend nothing', async (t) => {
  const { user, token } = await waiting()
  const other = await newTenant(gateway, SCOPES)
  const code = codeOf(user.secret)
  t.equal((await verify(token, { code }, other)).body.error.code, 'INVALID_TOKEN')
  const { token: link } = await tenant.issue({ email: user.email })
  for (const bad of [`${token.slice(0, -4)}AAAA`, token.slice(1), link, 'x']) {
    t.equal((await verify(bad, { code })).body.error.code, 'INVALID_TOKEN')
  }
  t.equal((await tenant.call('POST', '/v1/magic-links/verify', { token })).body.error.code, 'INVALID_TOKEN')
  for (const body of [{}, { code, recovery_code: 'x' }, { code: '12345' }, { code, more: 1 }]) {
    t.equal((await verify(token, body)).status, 400)
  }
  t.equal((await verify(token, { code })).status, 200)
})

t.test('policy asks for enrolment; enabling within the sign-in is its proof', async (t) => {
  const demanding = await newTenant(gateway, SCOPES, { policy: { chain: ['totp'] } })
  const first = await proveLink(demanding, freshEmail())
  t.match(first, { session: null, mfa: { enrollment_required: true, methods: ['totp'] } })
  const mfa_token = first.mfa.token
  t.equal(
    (await verify(mfa_token, { code: '123456' }, demanding)).body.error.code,
    'CONFLICT',
    'nothing to prove yet',
  )
  const enrolled = await demanding.call('POST', `/v1/users/${first.user.id}/totp`, { mfa_token })
  t.equal(enrolled.status, 201)
  const { secret } = enrolled.body.data
  const enable = (body: object) => demanding.call('POST', `/v1/users/${first.user.id}/totp/enable`, body)
  t.equal((await enable({ code: wrongCodeOf(secret), mfa_token })).body.error.code, 'INVALID_CODE')
  const code = codeOf(secret)
  const { status, body } = await enable({ code, mfa_token })
  t.equal(status, 200)
  t.equal(body.data.recovery_codes.length, 10)
  t.match(body.data.sign_in, {
    created: true,
    session: { amr: ['magic_link', 'totp'], acr: MULTI },
    mfa: null,
  })
  t.equal((await enable({ code, mfa_token })).body.error.code, 'CONFLICT')
  t.equal(
    (await verify(mfa_token, { recovery_code: body.data.recovery_codes[0] }, demanding)).body.error.code,
    'TOKEN_USED',
  )
  t.equal((await sessionsOf(first.user.id)).length, 1)
})

t.test(
  'enabling without the sign-in’s token leaves it waiting for a later step, or a recovery code',
  async (t) => {
    const demanding = await newTenant(gateway, SCOPES, { policy: { chain: ['totp'] } })
    const { mfa, user } = await proveLink(demanding, freshEmail())
    const { body } = await demanding.call('POST', `/v1/users/${user.id}/totp`, { mfa_token: mfa.token })
    const code = codeOf(body.data.secret)
    const enabled = await demanding.call('POST', `/v1/users/${user.id}/totp/enable`, { code })
    t.equal(enabled.body.data.sign_in, null)
    t.equal(
      (await verify(mfa.token, { code }, demanding)).body.error.code,
      'INVALID_CODE',
      'the step is spent',
    )
    t.equal(
      (await verify(mfa.token, { recovery_code: enabled.body.data.recovery_codes[0] }, demanding)).status,
      200,
    )
  },
)

t.test('a sign-in’s token sets up a first TOTP of its own user, and nothing else', async (t) => {
  const verifier = ['challenges:write', 'challenges:verify']
  const demanding = await newTenant(gateway, verifier, { policy: { chain: ['totp'] } })
  const [one, two] = [await proveLink(demanding, freshEmail()), await proveLink(demanding, freshEmail())]
  const enrol = (id: string, body?: object) => demanding.call('POST', `/v1/users/${id}/totp`, body)
  t.equal((await enrol(one.user.id)).status, 403, 'the key alone may not')
  t.equal((await enrol(one.user.id, { mfa_token: two.mfa.token })).body.error.code, 'INVALID_TOKEN')
  const { secret } = (await enrol(one.user.id, { mfa_token: one.mfa.token })).body.data
  const enable = (body: object) => demanding.call('POST', `/v1/users/${one.user.id}/totp/enable`, body)
  t.equal((await enable({ code: codeOf(secret) })).status, 403)
  t.equal((await enable({ code: codeOf(secret), mfa_token: two.mfa.token })).body.error.code, 'INVALID_TOKEN')
  t.equal((await enable({ code: codeOf(secret), mfa_token: one.mfa.token })).status, 200)
  const { rows } = await house.admin.query('SELECT email FROM users WHERE id = $1', [one.user.id])
  const later = await proveLink(demanding, rows[0].email)
  const replacing = await enrol(one.user.id, { mfa_token: later.mfa.token })
  t.equal(replacing.body.error.code, 'FACTOR_NOT_ALLOWED', 'who holds the mailbox alone cannot replace it')
})

t.test(
  'a TOTP that is being replaced is what a sign-in waits for, not the one that is to come',
  async (t) => {
    const { user, token } = await waiting()
    const { body } = await tenant.call('POST', `/v1/users/${user.id}/totp`, { code: codeOf(user.secret) })
    const young = codeOf(body.data.secret)
    await user.rewind()
    const enabling = { code: young, mfa_token: token }
    const refused = await tenant.call('POST', `/v1/users/${user.id}/totp/enable`, enabling)
    t.equal(refused.body.error.code, 'FACTOR_NOT_ALLOWED')
    t.equal((await verify(token, { code: young })).body.error.code, 'INVALID_CODE')
    t.equal((await verify(token, { code: codeOf(user.secret) })).status, 200)
  },
)

t.test('a chain asks for one factor after the other, in its order', async (t) => {
  const user = await newFactorUser(gateway, tenant)
  await operator(gateway, 'PATCH', `/v1/tenants/${tenant.id}`, { policy: { chain: ['otp_sms', 'totp'] } })
  const { mfa } = await proveLink(tenant, user.email)
  t.match(mfa, { enrollment_required: true, methods: ['otp_sms'] })
  const skipped = await verify(mfa.token, { code: codeOf(user.secret) })
  t.equal(skipped.body.error.code, 'FACTOR_NOT_ALLOWED')
  t.equal(
    (await verify(mfa.token, { recovery_code: user.recoveryCodes[0] })).body.error.code,
    'FACTOR_NOT_ALLOWED',
  )
  await operator(gateway, 'PATCH', `/v1/tenants/${tenant.id}`, { policy: { chain: ['totp', 'otp_sms'] } })
  const { body } = await verify(mfa.token, { code: codeOf(user.secret) })
  t.match(body.data, { session: null, mfa: { enrollment_required: true, methods: ['otp_sms'] } })
  t.not(body.data.mfa.token, mfa.token)
  t.equal((await verify(mfa.token, { code: codeOf(user.secret) })).body.error.code, 'TOKEN_USED')
  t.equal(
    (await verify(body.data.mfa.token, { code: codeOf(user.secret) })).body.error.code,
    'FACTOR_NOT_ALLOWED',
  )
  await operator(gateway, 'PATCH', `/v1/tenants/${tenant.id}`, { policy: { chain: [] } })
})
