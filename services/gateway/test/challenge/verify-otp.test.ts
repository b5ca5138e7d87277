// A code is spent once by whoever types it right in five tries; what is over tells nothing about the code.

import { randomUUID } from 'node:crypto'
import t from 'tap'
import { eventsOf, freshEmail, newTenant, openGateway, openHouse, type Tenant } from '../setup.ts'
import { plantCode, verifyCode } from './planted-code.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)

const change = (set: string, id: string) =>
  house.admin.query(`UPDATE challenges SET ${set} WHERE id = $1`, [id])
const rowOf = async (id: string) => {
  const { rows } = await house.admin.query('SELECT tries, consumed_at FROM challenges WHERE id = $1', [id])
  return rows[0]
}
const refusalsOf = async (tenant: Tenant) =>
  (await eventsOf(gateway, tenant.id))
    .filter(({ kind }) => kind === 'challenge.refused')
    .map(({ reason }) => reason)

t.test('a right code makes the user, opens one session and says how', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  const { id, code } = await plantCode(gateway, tenant, { to: email })
  const { status, body } = await verifyCode(tenant, id, code)
  t.equal(status, 200)
  t.match(body.data, {
    user: { email, email_verified_at: String, phone: null, phone_verified_at: null },
    created: true,
    purpose: 'sign_in',
    session: { amr: ['otp_email'], acr: 'urn:postern:acr:one-factor' },
    mfa: null,
  })
  const told = (await eventsOf(gateway, tenant.id)).filter(({ actor }) => actor.startsWith('api_key:'))
  t.strictSame(told.map(({ kind }) => kind).sort(), ['challenge.verified', 'session.opened', 'user.created'])
  t.equal((await verifyCode(tenant, id, code)).body.error.code, 'TOKEN_USED')
})

t.test('a phone number that is proven is the user’s', async (t) => {
  const tenant = await newTenant(gateway)
  const phone = '+4915112345678'
  const first = await plantCode(gateway, tenant, { to: phone })
  const one = (await verifyCode(tenant, first.id, first.code)).body.data
  t.match(one.user, { email: null, email_verified_at: null, phone, phone_verified_at: String })
  t.strictSame(one.session.amr, ['otp_sms'])
  const second = await plantCode(gateway, tenant, { to: phone })
  const two = (await verifyCode(tenant, second.id, second.code)).body.data
  t.equal(two.user.id, one.user.id)
  t.equal(two.created, false)
})

t.test(
  'a wrong code says how many tries are left, and after five not even the right one counts',
  async (t) => {
    const tenant = await newTenant(gateway)
    const { id, code, wrong } = await plantCode(gateway, tenant, { to: freshEmail() })
    for (const left of [4, 3, 2, 1, 0]) {
      const { status, body } = await verifyCode(tenant, id, wrong(left + 1))
      t.equal(status, 401)
      t.equal(body.error.code, 'INVALID_CODE')
      t.strictSame(body.error.details, [{ remaining_attempts: left }])
    }
    t.equal((await verifyCode(tenant, id, code)).body.error.code, 'ATTEMPTS_EXHAUSTED')
    t.equal((await verifyCode(tenant, id, wrong())).body.error.code, 'ATTEMPTS_EXHAUSTED')
    t.equal((await rowOf(id)).consumed_at, null)
    t.strictSame(await refusalsOf(tenant), [...Array(5).fill('wrong_code'), 'attempts_exhausted'])
  },
)

t.test('what is not six ASCII digits is refused and costs no try', async (t) => {
  const tenant = await newTenant(gateway)
  const { id, code } = await plantCode(gateway, tenant, { to: freshEmail() })
  const odd = [
    '',
    '12345',
    '1234567',
    '12345a',
    ' 12345',
    '123456\n',
    '１２３４５６',
    '٣٤٥٦٧٨',
    123456,
    null,
    ['123456'],
    {},
  ]
  for (const each of odd) t.equal((await verifyCode(tenant, id, each)).status, 400, JSON.stringify(each))
  t.equal((await tenant.call('POST', '/v1/otps/verify', { id, code, more: 1 })).status, 400)
  t.equal((await tenant.call('POST', '/v1/otps/verify', { id: 'x', code })).status, 400)
  t.equal((await rowOf(id)).tries, 0)
  t.equal((await verifyCode(tenant, id, code)).status, 200)
})

t.test('of a code that is over a right and a wrong guess learn the same, and neither counts', async (t) => {
  const tenant = await newTenant(gateway)
  const over = [
    ['consumed_at = now()', 'TOKEN_USED'],
    ['superseded_at = now()', 'TOKEN_SUPERSEDED'],
    ['expires_at = now()', 'TOKEN_EXPIRED'],
    ['revoked_at = now()', 'INVALID_CODE'],
    [`due_at = now() + interval '1 minute'`, 'INVALID_CODE'],
    ['tries = 5', 'ATTEMPTS_EXHAUSTED'],
  ] as const
  for (const [set, error] of over) {
    const { id, code, wrong } = await plantCode(gateway, tenant, { to: freshEmail() })
    await change(set, id)
    const [right, guess] = [await verifyCode(tenant, id, code), await verifyCode(tenant, id, wrong())]
    t.equal(right.body.error.code, error, set)
    t.strictSame(right.body.error, guess.body.error)
  }
  const { rows } = await house.admin.query(
    'SELECT sum(failures)::int AS n FROM identifier_guards WHERE tenant_id = $1',
    [tenant.id],
  )
  t.equal(rows[0].n, 0)
})

t.test('an id of another tenant, an unknown one and a link’s are answered alike', async (t) => {
  const [owner, other] = [await newTenant(gateway), await newTenant(gateway)]
  const { id, code } = await plantCode(gateway, owner, { to: freshEmail() })
  const link = await other.issue()
  const answers = [
    await verifyCode(other, id, code),
    await verifyCode(other, randomUUID(), code),
    await verifyCode(other, link.id, code),
  ]
  for (const { status, body } of answers) {
    t.equal(status, 401)
    t.strictSame(body.error, {
      code: 'INVALID_CODE',
      message: 'The code is not right.',
      details: [{ remaining_attempts: 0 }],
    })
  }
  t.strictSame(await rowOf(id), { tries: 0, consumed_at: null })
  t.equal((await verifyCode(owner, id, code)).status, 200)
})

t.test('a decoy is tried like any other code and is never right', async (t) => {
  const tenant = await newTenant(gateway)
  const { id, code, wrong } = await plantCode(gateway, tenant, { to: freshEmail(), decoy: true })
  const answers = []
  for (const guess of [code, wrong(), code, wrong(2), wrong(3), code])
    answers.push(await verifyCode(tenant, id, guess))
  t.strictSame(
    answers.map(({ body }) => body.error.details?.[0].remaining_attempts ?? body.error.code),
    [4, 3, 2, 1, 0, 'ATTEMPTS_EXHAUSTED'],
  )
})

t.test('a disabled account is told so only after the proof, which is consumed', async (t) => {
  const tenant = await newTenant(gateway)
  const to = freshEmail()
  const first = await plantCode(gateway, tenant, { to })
  await verifyCode(tenant, first.id, first.code)
  await house.admin.query('UPDATE users SET is_active = false WHERE tenant_id = $1', [tenant.id])
  const { id, code, wrong } = await plantCode(gateway, tenant, { to })
  t.equal((await verifyCode(tenant, id, wrong())).body.error.code, 'INVALID_CODE')
  t.equal((await verifyCode(tenant, id, code)).body.error.code, 'ACCOUNT_DISABLED')
  t.equal((await verifyCode(tenant, id, code)).body.error.code, 'TOKEN_USED')
})

t.test('the next factor of a pending sign-in proves nothing here', async (t) => {
  const tenant = await newTenant(gateway)
  const { id, code } = await plantCode(gateway, tenant, { to: freshEmail(), mfaId: randomUUID() })
  t.match((await verifyCode(tenant, id, code)).body.error, {
    code: 'INVALID_CODE',
    details: [{ remaining_attempts: 0 }],
  })
  t.strictSame(await rowOf(id), { tries: 0, consumed_at: null })
})

t.test('a purpose that only proves the address opens no session', async (t) => {
  const tenant = await newTenant(gateway)
  const { id, code } = await plantCode(gateway, tenant, { to: freshEmail(), purpose: 'verify_email' })
  t.match((await verifyCode(tenant, id, code)).body.data, {
    session: null,
    mfa: null,
    user: { email_verified_at: String },
  })
})
