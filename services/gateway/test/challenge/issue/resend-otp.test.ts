// Another code in the place of one: the old one is dead, and what was counted goes on.

import { until } from '@postern/testkit/poll'
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
import { verifyCode } from '../planted-code.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const resend = (tenant: Tenant, id: string, headers = {}) =>
  tenant.call('POST', `/v1/otps/${id}/resend`, undefined, headers)
/** Answers the new code with its id. */
const resent = async (tenant: Tenant, id: string) => {
  const { data } = (await resend(tenant, id)).body
  const { code = '' } = await mailedPayload(gateway, data.delivery.id)
  return { id: data.id as string, code }
}
const rowOf = async (id: string) =>
  (
    await house.admin.query(
      `SELECT c.purpose, c.metadata, c.decoy, c.superseded_at IS NULL AS live, c.due_at <= now() AS due, d.locale, d.decoy AS withheld
         FROM challenges c JOIN deliveries d ON d.id = c.delivery_id WHERE c.id = $1`,
      [id],
    )
  ).rows[0]
const openWindow = (limitKey: string) =>
  house.admin.query(
    `UPDATE identifier_guards SET window_started_at = now() - interval '15 minutes' WHERE limit_key = $1`,
    [limitKey],
  )

t.test(
  'a resend has a new id and a new code, for the same person and purpose; the old code is dead',
  async (t) => {
    const tenant = await newTenant(gateway)
    const asked = {
      channel: 'sms',
      to: freshPhone(),
      purpose: 'onboarding',
      locale: 'fr',
      metadata: { a: 'b' },
    }
    const first = await tenant.issueCode(asked)
    const { status, body } = await resend(tenant, first.id)
    t.equal(status, 202)
    t.match(body.data, {
      purpose: 'onboarding',
      expires_at: String,
      resend_after: String,
      delivery: { status: 'pending' },
    })
    t.not(body.data.id, first.id)
    const { code, to } = await mailedPayload(gateway, body.data.delivery.id)
    t.equal(to, asked.to)
    t.match(await rowOf(body.data.id), {
      purpose: 'onboarding',
      locale: 'fr',
      metadata: { a: 'b' },
      live: true,
    })
    t.equal((await verifyCode(tenant, first.id, first.code)).body.error.code, 'TOKEN_SUPERSEDED')
    t.equal((await verifyCode(tenant, body.data.id, code)).status, 200)
    const told = (await eventsOf(gateway, tenant.id)).filter(({ kind }) => kind === 'challenge.superseded')
    t.match(told, [{ subject: `challenge:${first.id}` }])
  },
)

t.test(
  'an expired or superseded code may be sent anew, a used, revoked or foreign one may not',
  async (t) => {
    const [tenant, other] = [await newTenant(gateway), await newTenant(gateway)]
    const expired = await tenant.issueCode()
    await house.admin.query('UPDATE challenges SET expires_at = now() WHERE id = $1', [expired.id])
    const next = await resent(tenant, expired.id)
    const again = await resent(tenant, expired.id)
    t.equal((await rowOf(next.id)).live, false)
    t.equal((await verifyCode(tenant, again.id, again.code)).status, 200)
    const revoked = await tenant.issueCode()
    await tenant.call('DELETE', `/v1/otps/${revoked.id}`)
    for (const { id } of [again, revoked]) {
      t.match(await resend(tenant, id), { status: 409, body: { error: { code: 'CONFLICT' } } })
    }
    const link = await tenant.issue()
    const live = await tenant.issueCode()
    t.equal((await resend(other, live.id)).status, 404, 'another tenant’s')
    t.equal((await resend(tenant, link.id)).status, 404, 'a link')
    t.equal((await resend(tenant, '0198a000-0000-7000-8000-00000000000a')).status, 404)
    t.equal((await resend(tenant, 'x')).status, 400)
    t.equal((await verifyCode(tenant, live.id, live.code)).status, 200, 'nothing happened to it')
  },
)

t.test('failures of an identifier go on over resends, until its codes wait', async (t) => {
  const tenant = await newTenant(gateway)
  const to = freshEmail()
  let { id, code } = await tenant.issueCode({ to })
  const wrong = () => String((Number(code) + 1) % 1_000_000).padStart(6, '0')
  const answers: string[] = []
  for (let n = 0; n < 20; n++) {
    answers.push((await verifyCode(tenant, id, wrong())).body.error.code)
    await openWindow(to)
    ;({ id, code } = await resent(tenant, id))
  }
  t.same(answers, [...Array(10).fill('INVALID_CODE'), ...Array(10).fill('IDENTIFIER_LOCKED')])
  t.equal((await verifyCode(tenant, id, code)).body.error.code, 'IDENTIFIER_LOCKED', 'also the right one')
  const { rows } = await house.admin.query('SELECT failures FROM identifier_guards WHERE limit_key = $1', [
    to,
  ])
  t.same(rows, [{ failures: 10 }])
  t.equal((await rowOf(id)).withheld, true, 'and nothing is sent any more')
})

t.test('resends count as sends', async (t) => {
  const tenant = await newTenant(gateway)
  const to = freshEmail()
  let { id } = await tenant.issueCode({ to })
  for (let n = 0; n < 4; n++) ({ id } = await resent(tenant, id))
  const { status, body, headers } = await resend(tenant, id)
  t.equal(status, 429)
  t.equal(body.error.code, 'RATE_LIMITED')
  t.match(headers['ratelimit-policy'], '"identifier";q=5;w=900')
  t.equal((await rowOf(id)).live, true, 'the last one still works')
})

t.test('the fifth send says when the next one may be asked for', async (t) => {
  const tenant = await newTenant(gateway)
  const to = freshEmail()
  const waits: number[] = []
  for (let n = 0; n < 5; n++) {
    const { data } = (await tenant.call('POST', '/v1/otps', { channel: 'email', to })).body
    waits.push(Math.round((Date.parse(data.expires_at) - Date.parse(data.resend_after)) / 1_000))
  }
  t.same(waits.slice(0, 4), [270, 270, 270, 270])
  t.ok((waits[4] ?? 0) < -500, 'after the code, when the window ends')
})

t.test('a decoy stays one as long as nobody has its identifier', async (t) => {
  const tenant = await newTenant(gateway)
  const to = freshEmail()
  const { id } = await tenant.issueCode({ to, create_user: false })
  const second = await resent(tenant, id)
  t.match(await rowOf(second.id), { decoy: true, withheld: true })
  const link = await tenant.issue({ email: to })
  await tenant.call('POST', '/v1/magic-links/verify', { token: link.token })
  const third = await resent(tenant, second.id)
  t.match(await rowOf(third.id), { decoy: false, withheld: false })
  t.equal((await verifyCode(tenant, third.id, third.code)).status, 200)
})

t.test('a scheduled code that is sent anew at once dies with it', async (t) => {
  const tenant = await newTenant(gateway)
  const scheduled = await tenant.issueCode({ send_at: new Date(Date.now() + 3_600_000).toISOString() })
  const now = await resent(tenant, scheduled.id)
  t.match(await rowOf(scheduled.id), { live: false })
  t.match(await rowOf(now.id), { live: true, due: true })
})

t.test('a factor that the policy no longer allows is not sent anew', async (t) => {
  const tenant = await newTenant(gateway)
  const { id } = await tenant.issueCode({ channel: 'sms', to: freshPhone() })
  const policy = { first_factors: ['magic_link', 'otp_email'] }
  await gateway.call({
    method: 'PATCH',
    url: `/v1/tenants/${tenant.id}`,
    headers: { authorization: `Bearer ${house.adminKey}` },
    payload: { policy },
  })
  const answer = await until(
    async () => {
      const tried = await resend(tenant, id)
      return tried.status === 403 && tried
    },
    { deadlineMs: 30_000, what: 'the policy to be known' },
  )
  t.equal(answer.body.error.code, 'FACTOR_NOT_ALLOWED')
})

t.test('one Idempotency-Key makes one resend', async (t) => {
  const tenant = await newTenant(gateway)
  const { id } = await tenant.issueCode()
  const key = { 'idempotency-key': 'again' }
  const [first, second] = [await resend(tenant, id, key), await resend(tenant, id, key)]
  t.same(second.body.data, first.body.data)
  t.equal(second.headers['idempotency-replayed'], 'true')
})
