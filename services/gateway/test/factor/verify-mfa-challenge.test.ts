// A link or code as the next factor: of this sign-in alone, for an identifier of whoever signs in, and under every limit
// that links and codes have elsewhere.

import t from 'tap'
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
import { codeOf, newFactorUser, pendingOf, proveLink, SCOPES } from './factor-user.ts'

const MULTI = 'urn:postern:acr:multi-factor'
const house = await openHouse(t)
const gateway = await openGateway(t, house)
const verify = (tenant: Tenant, mfa_token: string, answer: object) =>
  tenant.call('POST', '/v1/mfa/verify', { mfa_token, ...answer })
const rowOf = async (text: string, values: unknown[]) => (await house.admin.query(text, values)).rows[0]
const guardOf = (userId: string) => rowOf('SELECT failures FROM factor_guards WHERE user_id = $1', [userId])

/** A tenant whose chain is given, and a sign-in that has begun by link. */
async function begun(chain: string[], email = freshEmail(), tenant?: Tenant) {
  const of = tenant ?? (await newTenant(gateway, SCOPES, { policy: { chain } }))
  const { user, mfa, session } = await proveLink(of, email)
  t.equal(session, null)
  const token: string = mfa.token
  const plant = (to: string) => plantCode(gateway, of, { to, mfaId: pendingOf(token) })
  return { tenant: of, user, email, mfa, token, plant }
}
const givePhone = async (tenant: Tenant, userId: string, phone: string, verified = true) => {
  await house.admin.query(
    `INSERT INTO identifiers (tenant_id, kind, identity_key, user_id, verified_at)
     VALUES ($1, 'phone', $2, $3, CASE WHEN $4 THEN now() END)`,
    [tenant.id, phone, userId, verified],
  )
  await house.admin.query(
    'UPDATE users SET phone = $2, phone_verified_at = CASE WHEN $3 THEN now() END WHERE id = $1',
    [userId, phone, verified],
  )
}

t.test('a code to a first phone proves it, binds it, and opens the session', async (t) => {
  const { tenant, user, mfa, token, plant } = await begun(['otp_sms'])
  t.match(mfa, { enrollment_required: true, methods: ['otp_sms'] })
  const phone = freshPhone()
  const { id, code, wrong } = await plant(phone)
  t.match((await verify(tenant, token, { otp_id: id, code: wrong() })).body.error, {
    code: 'INVALID_CODE',
    details: [{ remaining_attempts: 4 }],
  })
  const { status, body } = await verify(tenant, token, { otp_id: id, code })
  t.equal(status, 200)
  t.match(body.data, {
    user: { id: user.id, phone, phone_verified_at: String },
    created: true,
    session: { amr: ['magic_link', 'otp_sms'], acr: MULTI },
    mfa: null,
  })
  t.match(await rowOf('SELECT phone, phone_verified_at FROM users WHERE id = $1', [user.id]), {
    phone,
    phone_verified_at: Date,
  })
  t.match(await rowOf('SELECT user_id, verified_at FROM identifiers WHERE identity_key = $1', [phone]), {
    user_id: user.id,
    verified_at: Date,
  })
  const told = (await eventsOf(gateway, tenant.id)).map(({ kind }) => kind)
  for (const kind of [
    'challenge.verified',
    'factor.enabled',
    'mfa.verified',
    'mfa.refused',
    'challenge.refused',
  ])
    t.equal(told.filter((one) => one === kind).length, kind === 'challenge.verified' ? 2 : 1, kind)
  t.equal((await verify(tenant, token, { otp_id: id, code })).body.error.code, 'TOKEN_USED')
})

t.test('a phone that is theirs is proven again, and no other one', async (t) => {
  const first = await begun(['otp_sms'])
  const phone = freshPhone()
  await givePhone(first.tenant, first.user.id, phone)
  const { tenant, token, mfa, plant } = await begun([], first.email, first.tenant)
  t.match(mfa, { enrollment_required: false, methods: ['otp_sms'] })
  const other = await plant(freshPhone())
  t.equal((await verify(tenant, token, { otp_id: other.id, code: other.code })).body.error.code, 'CONFLICT')
  const { id, code } = await plant(phone)
  t.match((await verify(tenant, token, { otp_id: id, code })).body.data.session, {
    amr: ['magic_link', 'otp_sms'],
  })
  t.equal((await rowOf('SELECT phone FROM users WHERE id = $1', [first.user.id])).phone, phone)
})

t.test(
  'a phone that another user has proven stays theirs; one that was only reserved does not',
  async (t) => {
    const { tenant, user, token, plant } = await begun(['otp_sms'])
    const [proven, reserved] = [freshPhone(), freshPhone()]
    const { user: other } = await proveLink(tenant, freshEmail())
    await givePhone(tenant, other.id, proven)
    const taken = await plant(proven)
    t.equal((await verify(tenant, token, { otp_id: taken.id, code: taken.code })).body.error.code, 'CONFLICT')
    t.equal(
      (await rowOf('SELECT user_id FROM identifiers WHERE identity_key = $1', [proven])).user_id,
      other.id,
    )
    const { user: third } = await proveLink(tenant, freshEmail())
    await givePhone(tenant, third.id, reserved, false)
    const free = await plant(reserved)
    t.equal(
      (await verify(tenant, token, { otp_id: free.id, code: free.code })).status,
      200,
      'the sign-in went on',
    )
    t.equal(
      (await rowOf('SELECT user_id FROM identifiers WHERE identity_key = $1', [reserved])).user_id,
      user.id,
    )
    t.equal((await rowOf('SELECT phone FROM users WHERE id = $1', [third.id])).phone, null)
  },
)

t.test('only a challenge of this very sign-in counts, and no other is touched', async (t) => {
  const { tenant, email, token, plant } = await begun(['otp_sms'])
  const another = await begun([], email, tenant)
  const phone = freshPhone()
  const ordinary = await plantCode(gateway, tenant, { to: phone })
  const theirs = await another.plant(phone)
  for (const { id, code } of [ordinary, theirs]) {
    t.equal((await verify(tenant, token, { otp_id: id, code })).body.error.code, 'INVALID_CODE')
  }
  const stranger = await newTenant(gateway, SCOPES)
  t.equal(
    (await verify(stranger, token, { otp_id: theirs.id, code: theirs.code })).body.error.code,
    'INVALID_TOKEN',
  )
  const { id, code } = await plant(phone)
  t.equal((await verifyCode(tenant, id, code)).body.error.code, 'INVALID_CODE', 'nor is it an ordinary one')
  t.equal((await verify(tenant, token, { otp_id: id, code })).status, 200)
  t.equal((await verify(tenant, another.token, { otp_id: theirs.id, code: theirs.code })).status, 200)
  t.equal((await verifyCode(tenant, ordinary.id, ordinary.code)).status, 200)
})

t.test('a method that is not the next one is refused, and its challenge lives', async (t) => {
  const { tenant, email, user, token, plant } = await begun(['totp', 'otp_email'])
  const { id, code } = await plant(email)
  t.equal((await verify(tenant, token, { otp_id: id, code })).body.error.code, 'FACTOR_NOT_ALLOWED')
  await operator(gateway, 'PATCH', `/v1/tenants/${tenant.id}`, { policy: { chain: ['otp_sms'] } })
  t.equal(
    (await verify(tenant, token, { otp_id: id, code })).body.error.code,
    'INVALID_CODE',
    'a mailbox is no phone',
  )
  await operator(gateway, 'PATCH', `/v1/tenants/${tenant.id}`, { policy: { chain: ['otp_email'] } })
  const mail = await plant(email)
  const { body } = await verify(tenant, token, { otp_id: mail.id, code: mail.code })
  t.match(body.data.session, { amr: ['magic_link', 'otp_email'], acr: 'urn:postern:acr:one-factor' })
  t.equal(body.data.user.id, user.id)
})

t.test('wrong codes count for the code, the sign-in, the phone and the user', async (t) => {
  const { tenant, user, token, plant } = await begun(['otp_sms'])
  const phone = freshPhone()
  const first = await plant(phone)
  for (let left = 4; left >= 0; left--) {
    const { body } = await verify(tenant, token, { otp_id: first.id, code: first.wrong(left + 1) })
    t.match(body.error, { code: 'INVALID_CODE', details: [{ remaining_attempts: left }] })
  }
  t.equal(
    (await verify(tenant, token, { otp_id: first.id, code: first.code })).body.error.code,
    'ATTEMPTS_EXHAUSTED',
  )
  t.equal((await guardOf(user.id)).failures, 5)
  const { failures } = await rowOf('SELECT failures FROM identifier_guards WHERE limit_key = $1', [phone])
  t.equal(failures, 5)
  const second = await plant(phone)
  t.equal(
    (await verify(tenant, token, { otp_id: second.id, code: second.code })).status,
    200,
    'the sign-in survives',
  )
  t.equal((await guardOf(user.id)).failures, 0)
})

t.test('a phone that waits is not asked, and neither is a user who waits', async (t) => {
  const { tenant, user, token, plant } = await begun(['otp_sms'])
  const phone = freshPhone()
  const { id, code } = await plant(phone)
  const wait = (table: string, column: string, value: string, until: string) =>
    house.admin.query(`UPDATE ${table} SET wait_until = ${until} WHERE ${column} = $1`, [value])
  await wait('identifier_guards', 'limit_key', phone, `now() + interval '10 minutes'`)
  const waits = await verify(tenant, token, { otp_id: id, code })
  t.match(waits, {
    status: 429,
    body: { error: { code: 'IDENTIFIER_LOCKED', details: [{ disabled: false }] } },
  })
  t.ok(Number(waits.headers['retry-after']) > 590)
  await wait('identifier_guards', 'limit_key', phone, 'NULL')
  await house.admin.query(
    `INSERT INTO factor_guards (tenant_id, user_id, failures, disabled_at) VALUES ($1, $2, 100, now())`,
    [tenant.id, user.id],
  )
  t.match(await verify(tenant, token, { otp_id: id, code }), {
    status: 429,
    body: { error: { code: 'IDENTIFIER_LOCKED', details: [{ disabled: true }] } },
  })
  const { tries } = await rowOf('SELECT tries FROM challenges WHERE id = $1', [id])
  t.equal(tries, 0)
  await house.admin.query('DELETE FROM factor_guards WHERE user_id = $1', [user.id])
  t.equal((await verify(tenant, token, { otp_id: id, code })).status, 200)
})

t.test('a code in between does not let somebody guess a TOTP for ever', async (t) => {
  const tenant = await newTenant(gateway, SCOPES)
  const user = await newFactorUser(gateway, tenant)
  await operator(gateway, 'PATCH', `/v1/tenants/${tenant.id}`, { policy: { chain: ['otp_sms', 'totp'] } })
  await house.admin.query('INSERT INTO factor_guards (tenant_id, user_id, failures) VALUES ($1, $2, 9)', [
    tenant.id,
    user.id,
  ])
  const { token, plant } = await begun([], user.email, tenant)
  const { id, code } = await plant(freshPhone())
  const { body } = await verify(tenant, token, { otp_id: id, code })
  t.match(body.data, { session: null, mfa: { methods: ['totp', 'recovery_code'] } })
  t.equal((await guardOf(user.id)).failures, 9)
  const done = await verify(tenant, body.data.mfa.token, { code: codeOf(user.secret) })
  t.match(done.body.data.session, { amr: ['magic_link', 'otp_sms', 'totp'], acr: MULTI })
  t.equal((await guardOf(user.id)).failures, 0)
})

t.test('a link of the sign-in is a factor too: guessed by nobody, so locked for nobody', async (t) => {
  const tenant = await newTenant(gateway, SCOPES, { policy: { chain: ['magic_link'] } })
  const phone = freshPhone()
  const first = await plantCode(gateway, tenant, { to: phone })
  const { data } = (await verifyCode(tenant, first.id, first.code)).body
  t.match(data.mfa, { enrollment_required: true, methods: ['magic_link'] })
  await house.admin.query(
    `INSERT INTO factor_guards (tenant_id, user_id, failures, wait_until) VALUES ($1, $2, 10, now() + interval '1 hour')`,
    [tenant.id, data.user.id],
  )
  const email = freshEmail()
  const link = await tenant.issue({ email })
  const answer = { token: link.token }
  t.equal((await verify(tenant, data.mfa.token, answer)).body.error.code, 'INVALID_TOKEN', 'an ordinary one')
  await house.admin.query('UPDATE challenges SET mfa_id = $1 WHERE id = $2', [
    pendingOf(data.mfa.token),
    link.id,
  ])
  t.equal((await tenant.call('POST', '/v1/magic-links/verify', answer)).body.error.code, 'INVALID_TOKEN')
  t.equal(
    (await verify(tenant, data.mfa.token, { token: `${link.token}x` })).body.error.code,
    'INVALID_TOKEN',
  )
  const { status, body } = await verify(tenant, data.mfa.token, answer)
  t.equal(status, 200)
  t.match(body.data, {
    user: { email, email_verified_at: String, phone },
    session: { amr: ['otp_sms', 'magic_link'], acr: MULTI },
  })
  t.equal((await guardOf(data.user.id)).failures, 10, 'and it ends no wait')
})

t.test('of 100 who bring the code of one sign-in at once one opens a session', async (t) => {
  const { tenant, user, token, plant } = await begun(['otp_sms'])
  const { id, code } = await plant(freshPhone())
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => verify(tenant, token, { otp_id: id, code })),
  )
  t.equal(answers.filter(({ status }) => status === 200).length, 1)
  t.equal(answers.filter(({ body }) => body.error?.code === 'TOKEN_USED').length, 99)
  t.equal((await rowOf('SELECT count(*)::int AS n FROM sessions WHERE user_id = $1', [user.id])).n, 1)
})
