// Issuing codes: one answer for everyone, sent to exactly one address or number, and to nobody whom it could not help.

import fc from 'fast-check'
import t from 'tap'
import {
  eventsOf,
  freshEmail,
  freshPhone,
  mailedPayload,
  newTenant,
  openGateway,
  openHouse,
  type Tenant,
} from '../../setup.ts'
import { plantCode, verifyCode } from '../planted-code.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const issue = (tenant: Tenant, body: object, headers = {}) => tenant.call('POST', '/v1/otps', body, headers)
const byMail = (to = freshEmail(), more = {}) => ({ channel: 'email', to, ...more })
const deliveryOf = async (id: string) =>
  (await house.admin.query('SELECT channel, template, locale, decoy FROM deliveries WHERE id = $1', [id]))
    .rows[0]
const wrongCode = async (deliveryId: string) => {
  const { code } = await mailedPayload(gateway, deliveryId)
  return String((Number(code) + 1) % 1_000_000).padStart(6, '0')
}
const withheldOf = async (tenant: Tenant) =>
  (
    await house.admin.query(
      `SELECT data->>'withheld' AS why FROM outbox WHERE tenant_id = $1 AND kind = 'challenge.issued' ORDER BY id`,
      [tenant.id],
    )
  ).rows.map(({ why }) => why)

t.test('a code goes by mail or SMS, lives five minutes, and is proven once', async (t) => {
  const tenant = await newTenant(gateway)
  const phone = freshPhone()
  for (const [channel, to, kept] of [
    ['email', 'Ada@example.com', 'Ada@example.com'],
    ['sms', `${phone.slice(0, 3)} (${phone.slice(3, 6)}) ${phone.slice(6)}`, phone],
  ]) {
    const asked = Date.now()
    const { status, body } = await issue(tenant, { channel, to, locale: 'de' })
    t.equal(status, 202)
    t.match(body.data, { id: String, purpose: 'sign_in', delivery: { id: String, status: 'pending' } })
    const [expires, resend] = [Date.parse(body.data.expires_at), Date.parse(body.data.resend_after)]
    t.equal(expires - resend, 270_000, 'five minutes, and half a minute')
    t.ok(Math.abs(expires - asked - 300_000) < 20_000)
    const { code, ...payload } = await mailedPayload(gateway, body.data.delivery.id)
    t.match(code, /^[0-9]{6}$/)
    t.match(payload, { v: 1, to: kept, origin_domain: 'app.test', minutes: 5, tenant_name: String })
    t.match(await deliveryOf(body.data.delivery.id), { channel, template: 'otp', locale: 'de', decoy: false })
    const proven = await verifyCode(tenant, body.data.id, code)
    t.match(proven.body.data, { session: { amr: [channel === 'sms' ? 'otp_sms' : 'otp_email'] } })
    t.equal((await verifyCode(tenant, body.data.id, code)).body.error.code, 'TOKEN_USED')
  }
})

t.test('known, unknown, decoy, disabled and locked identifiers get the same answer', async (t) => {
  const tenant = await newTenant(gateway)
  for (const fresh of [freshEmail, freshPhone]) {
    const channel = fresh === freshEmail ? 'email' : 'sms'
    const [known, disabled, waits, off] = [fresh(), fresh(), fresh(), fresh()]
    for (const to of [known, disabled]) {
      const { id, code } = await tenant.issueCode({ channel, to })
      const { body } = await verifyCode(tenant, id, code)
      if (to === disabled) {
        await house.admin.query('UPDATE users SET is_active = false WHERE id = $1', [body.data.user.id])
      }
    }
    for (const to of [waits, off]) await plantCode(gateway, tenant, { to })
    await house.admin.query(
      `UPDATE identifier_guards SET failures = 20, wait_until = now() + interval '30 minutes',
         disabled_at = CASE limit_key WHEN $2 THEN now() END WHERE limit_key IN ($1, $2)`,
      [waits, off],
    )
    const asked = [known, fresh(), disabled, waits, off].map((to) => ({ channel, to }))
    const decoys = [known, fresh(), waits].map((to) => ({ channel, to, create_user: false }))
    const answers = await Promise.all([...asked, ...decoys].map((body) => issue(tenant, body)))
    const shapes = answers.map(({ status, headers, body }) => {
      const { id: _, expires_at, resend_after, delivery, ...rest } = body.data
      const life = Date.parse(expires_at) - Date.parse(resend_after)
      const named = [Object.keys(headers).sort(), Object.keys(body.data), Object.keys(delivery)]
      return JSON.stringify([status, named, rest, delivery.status, life])
    })
    t.equal(new Set(shapes).size, 1, shapes.join(' '))
  }
})

t.test(
  'what could not be proven is not sent: codes that are off, or that end before the wait does',
  async (t) => {
    const tenant = await newTenant(gateway)
    const cases = [
      { wait: `now() + interval '4 minutes'`, off: 'NULL', sent: true },
      { wait: `now() + interval '6 minutes'`, off: 'NULL', sent: false },
      { wait: 'NULL', off: 'now()', sent: false },
      { wait: `now() - interval '1 minute'`, off: 'NULL', sent: true },
    ]
    for (const { wait, off, sent } of cases) {
      const to = freshEmail()
      await plantCode(gateway, tenant, { to })
      await house.admin.query(
        `UPDATE identifier_guards SET failures = 10, wait_until = ${wait}, disabled_at = ${off} WHERE limit_key = $1`,
        [to],
      )
      const { body } = await issue(tenant, byMail(to))
      t.equal((await deliveryOf(body.data.delivery.id)).decoy, !sent, wait)
      const told = (await verifyCode(tenant, body.data.id, await wrongCode(body.data.delivery.id))).body.error
      t.equal(told.code, wait.includes('-') ? 'INVALID_CODE' : 'IDENTIFIER_LOCKED', 'the back end learns it')
      const link = await tenant.issue({ email: to })
      t.equal((await deliveryOf(link.deliveryId)).decoy, false, 'locks stop codes, never links')
    }
    t.strictSame((await withheldOf(tenant)).filter((why) => why === 'locked').length, 2)
  },
)

t.test('with create_user false an unknown identifier gets a decoy, a known one a code', async (t) => {
  const tenant = await newTenant(gateway)
  const [known, unknown] = [freshPhone(), freshPhone()]
  const { id, code } = await tenant.issueCode({ channel: 'sms', to: known })
  await verifyCode(tenant, id, code)
  for (const to of [known, unknown]) {
    const { body } = await issue(tenant, { channel: 'sms', to, create_user: false })
    t.equal((await deliveryOf(body.data.delivery.id)).decoy, to === unknown)
    const { code = '' } = await mailedPayload(gateway, body.data.delivery.id)
    const { status } = await verifyCode(tenant, body.data.id, code)
    t.equal(status, to === known ? 200 : 401)
  }
  t.strictSame(await withheldOf(tenant), [null, null, 'unknown_identifier'])
})

t.test('a test destination has its fixed code and is sent nothing, under the same limits', async (t) => {
  const [mail, phone] = ['qa@example.com', freshPhone()]
  const tenant = await newTenant(gateway, undefined, {
    test_destinations: [
      { to: mail, code: '000000' },
      { to: phone, code: '123456' },
    ],
  })
  for (const [channel, to, code] of [
    ['email', 'QA@Example.com', '000000'],
    ['sms', phone, '123456'],
  ] as const) {
    const { status, body } = await issue(tenant, { channel, to })
    t.equal(status, 202)
    t.strictSame(await deliveryOf(body.data.delivery.id), {
      channel,
      template: 'otp',
      locale: null,
      decoy: true,
    })
    t.equal((await verifyCode(tenant, body.data.id, '999999')).body.error.code, 'INVALID_CODE')
    t.equal((await verifyCode(tenant, body.data.id, code)).status, 200)
    for (let n = 0; n < 4; n++) await issue(tenant, { channel, to })
    t.equal((await issue(tenant, { channel, to })).body.error.code, 'RATE_LIMITED')
  }
  const link = await tenant.call('POST', '/v1/magic-links', { email: freshEmail() })
  t.equal((await deliveryOf(link.body.data.delivery.id)).decoy, false)
  t.equal((await issue(tenant, byMail('qa+1@example.com'))).status, 429, 'plus-tags share the limit')
  const other = await newTenant(gateway)
  const { body } = await issue(other, byMail(mail))
  t.equal((await deliveryOf(body.data.delivery.id)).decoy, false, 'another tenant’s list is its own')
})

t.test('a code replaces codes of its identifier and purpose, and nothing else', async (t) => {
  const tenant = await newTenant(gateway)
  const [to, other] = [freshEmail(), await newTenant(gateway)]
  const link = await tenant.issue({ email: to })
  const first = await tenant.issueCode({ to })
  const verifying = await tenant.issueCode({ to, purpose: 'verify_email' })
  const theirs = await other.issueCode({ to })
  const second = await tenant.issueCode({ to })
  t.equal((await verifyCode(tenant, first.id, first.code)).body.error.code, 'TOKEN_SUPERSEDED')
  for (const [owner, { id, code }] of [
    [tenant, verifying],
    [tenant, second],
    [other, theirs],
  ] as const) {
    t.equal((await verifyCode(owner, id, code)).status, 200)
  }
  t.equal((await tenant.call('POST', '/v1/magic-links/verify', { token: link.token })).status, 200)
  const later = await issue(tenant, byMail(to, { send_at: new Date(Date.now() + 3_600_000).toISOString() }))
  t.equal(later.body.data.delivery.status, 'scheduled')
  t.equal(Date.parse(later.body.data.expires_at) - Date.parse(later.body.data.resend_after), 270_000)
})

t.test('a code is told and revoked by its id, and only as what it is', async (t) => {
  const [tenant, other] = [await newTenant(gateway), await newTenant(gateway)]
  const { id, code, deliveryId } = await tenant.issueCode()
  const link = await tenant.issue()
  const state = { id, purpose: 'sign_in', consumed_at: null, delivery: { id: deliveryId } }
  t.match((await tenant.call('GET', `/v1/otps/${id}`)).body.data, { ...state, status: 'pending' })
  for (const [caller, url] of [
    [tenant, `/v1/magic-links/${id}`],
    [tenant, `/v1/otps/${link.id}`],
    [other, `/v1/otps/${id}`],
  ] as const) {
    for (const method of ['GET', 'DELETE'] as const) t.equal((await caller.call(method, url)).status, 404)
  }
  for (const _ of [1, 2]) {
    const { status, body } = await tenant.call('DELETE', `/v1/otps/${id}`)
    t.equal(status, 200)
    t.match(body.data, { ...state, status: 'revoked', delivery: { status: 'cancelled' } })
  }
  t.equal((await verifyCode(tenant, id, code)).body.error.code, 'INVALID_CODE')
  const used = await tenant.issueCode()
  await verifyCode(tenant, used.id, used.code)
  t.match((await tenant.call('GET', `/v1/otps/${used.id}`)).body.data, {
    status: 'consumed',
    consumed_at: String,
  })
  const told = (await eventsOf(gateway, tenant.id)).map(({ kind }) => kind)
  t.equal(told.filter((kind) => kind === 'challenge.revoked').length, 1)
})

t.test('one Idempotency-Key makes one code', async (t) => {
  const tenant = await newTenant(gateway)
  const body = byMail()
  const key = { 'idempotency-key': 'one' }
  const [first, again] = [await issue(tenant, body, key), await issue(tenant, body, key)]
  t.same(again.body.data, first.body.data)
  t.equal(again.headers['idempotency-replayed'], 'true')
  t.equal((await issue(tenant, byMail(), key)).body.error.code, 'IDEMPOTENCY_KEY_REUSED')
  t.equal((await withheldOf(tenant)).length, 1)
})

t.test('bodies that are not exactly one request are refused and nothing is sent', async (t) => {
  const tenant = await newTenant(gateway)
  const [mail, phone] = [freshEmail(), freshPhone()]
  const bad: object[] = [
    {},
    { to: mail },
    { channel: 'email' },
    { channel: 'fax', to: phone },
    { channel: 'email', to: phone },
    { channel: 'sms', to: mail },
    { channel: 'email', to: [mail] },
    { channel: 'email', to: `${mail},${freshEmail()}` },
    { channel: 'sms', to: `${phone};ext=1` },
    { channel: 'email', to: mail, extra: 1 },
    { channel: 'email', to: mail, redirect_url: 'https://app.test/in' },
    { channel: 'email', to: mail, code_challenge: 'x'.repeat(43) },
    { channel: 'email', to: mail, purpose: 'step_up' },
    { channel: 'email', to: mail, session_id: '0198a000-0000-7000-8000-00000000000a' },
    { channel: 'sms', to: phone, purpose: 'verify_email' },
    { channel: 'email', to: mail, purpose: 'verify_email', mfa_token: 'x' },
    { channel: 'email', to: mail, send_at: '2026-11-20T12:00:00' },
  ]
  for (const body of bad) {
    const answer = await issue(tenant, body)
    t.equal(answer.body.error?.code, 'VALIDATION_FAILED', JSON.stringify(body))
    t.ok(answer.body.error?.details?.length > 0)
  }
  t.strictSame(await withheldOf(tenant), [])
})

t.test('no body makes it fail, and what it refuses it does not send', async (t) => {
  const tenant = await newTenant(gateway)
  const nearly = {
    channel: fc.constantFrom('email', 'sms', 'fax'),
    to: fc.oneof(fc.emailAddress(), fc.string({ unit: 'binary', maxLength: 40 }), fc.constant(freshPhone())),
    purpose: fc.constantFrom('sign_in', 'step_up', 'verify_email', 'onboarding', 'else'),
    session_id: fc.oneof(fc.uuid(), fc.string({ maxLength: 40 })),
    mfa_token: fc.base64String({ maxLength: 120 }),
    create_user: fc.oneof(fc.boolean(), fc.string({ maxLength: 3 })),
    locale: fc.string({ maxLength: 10 }),
    metadata: fc.dictionary(fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 }), { maxKeys: 3 }),
    send_at: fc.oneof(
      fc.date({ noInvalidDate: true }).map((at) => at.toISOString()),
      fc.string({ maxLength: 30 }),
    ),
  }
  const body = fc.record(nearly, { requiredKeys: ['channel', 'to'] })
  let sent = 0
  await fc.assert(
    fc.asyncProperty(body, async (asked) => {
      const { status } = await issue(tenant, asked)
      if (status === 202) sent++
      return [202, 400, 401, 404, 429].includes(status)
    }),
    { numRuns: 1_000 },
  )
  t.equal((await withheldOf(tenant)).length, sent)
})
