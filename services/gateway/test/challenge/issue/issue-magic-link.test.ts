// Issuing: one answer for everyone, one live link an identifier, a bounded number of sends, and mail to nobody else.

import t from 'tap'
import {
  eventsOf,
  freshEmail,
  mailedPayload,
  newTenant,
  openGateway,
  openHouse,
  PUBLIC_URL,
  type Tenant,
} from '../../setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const issue = (tenant: Tenant, body: object, headers = {}) =>
  tenant.call('POST', '/v1/magic-links', body, headers)
const count = async (table: string, tenant: Tenant) => {
  const { rows } = await house.admin.query(`SELECT count(*)::int AS n FROM ${table} WHERE tenant_id = $1`, [
    tenant.id,
  ])
  return rows[0].n as number
}

t.test(
  'the mailed link has the configured origin, whatever Host says, and its token in the fragment',
  async (t) => {
    const tenant = await newTenant(gateway)
    const headers = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      forwarded: 'host=evil.example',
    }
    const { status, body } = await issue(tenant, { email: 'Ada@example.com' }, headers)
    t.equal(status, 202)
    t.match(body.data, {
      id: String,
      purpose: 'sign_in',
      expires_at: String,
      delivery: { id: String, status: 'pending' },
    })
    const mailed = await mailedPayload(gateway, body.data.delivery.id)
    t.equal(mailed.to, 'Ada@example.com')
    t.match(mailed.link, new RegExp(`^${PUBLIC_URL}/l#[A-Za-z0-9_-]{110}$`))
  },
)

t.test('a delivery names its recipient by a digest of the address under every live key', async (t) => {
  const tenant = await newTenant(gateway)
  const recipient = async (email: string) => {
    const { deliveryId } = await tenant.issue({ email })
    const sql = 'SELECT recipient_digest AS digest FROM deliveries WHERE id = $1'
    return (await house.admin.query<{ digest: Buffer }>(sql, [deliveryId])).rows[0]?.digest
  }
  const email = freshEmail()
  const first = await recipient(email)
  t.equal(first?.length, 32, 'one key')
  t.same(await recipient(email.toUpperCase()), first, 'one address, however it is spelled')
  t.notSame(await recipient(freshEmail()), first)
})

t.test('known, unknown, disabled and decoy addresses get the same answer', async (t) => {
  const tenant = await newTenant(gateway)
  const [known, disabled] = [freshEmail(), freshEmail()]
  for (const email of [known, disabled]) {
    const { token } = await tenant.issue({ email })
    await tenant.call('POST', '/v1/magic-links/verify', { token })
  }
  await house.admin.query('UPDATE users SET is_active = false WHERE email = $1', [disabled])
  const asked = [
    { email: known },
    { email: freshEmail() },
    { email: disabled },
    { email: known, create_user: false },
    { email: freshEmail(), create_user: false },
  ]
  const answers = await Promise.all(asked.map((body) => issue(tenant, body)))
  const shapes = answers.map(({ status, headers, body }) => {
    const names = Object.keys(headers).sort()
    return JSON.stringify([
      status,
      names,
      Object.keys(body.data),
      body.data.delivery.status,
      body.data.purpose,
    ])
  })
  t.equal(new Set(shapes).size, 1, shapes.join(' '))
  const { rows } = await house.admin.query('SELECT decoy FROM deliveries WHERE tenant_id = $1 ORDER BY id', [
    tenant.id,
  ])
  t.strictSame(
    rows
      .slice(-5)
      .map((row) => row.decoy)
      .sort(),
    [false, false, false, false, true],
  )
})

t.test('a decoy cannot be proven', async (t) => {
  const tenant = await newTenant(gateway)
  const { token } = await tenant.issue({ create_user: false })
  t.equal((await tenant.call('POST', '/v1/magic-links/verify', { token })).body.error.code, 'INVALID_TOKEN')
  t.equal(await count('users', tenant), 0)
})

t.test(
  'of 100 issues at once five are sent, whatever the plus-tag; the first refusal is told once',
  async (t) => {
    const tenant = await newTenant(gateway)
    const name = freshEmail().split('@')[0]
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, at) => issue(tenant, { email: `${name}+${at}@example.com` })),
    )
    t.equal(answers.filter(({ status }) => status === 202).length, 5)
    const refused = answers.filter(({ body }) => body.error?.code === 'RATE_LIMITED')
    t.equal(refused.length, 95)
    const headers: Record<string, unknown> = refused[0]?.headers ?? {}
    t.match(headers['ratelimit-policy'], '"identifier";q=5;w=900')
    t.match(headers.ratelimit, /^"identifier";r=0;t=\d+$/)
    t.ok(Number(headers['retry-after']) > 0 && Number(headers['retry-after']) <= 900)
    t.equal(await count('deliveries', tenant), 5)
    const hits = (await eventsOf(gateway, tenant.id)).filter((event) => event.kind === 'limit.hit')
    t.equal(hits.length, 1)
    t.equal((await issue(tenant, { email: freshEmail() })).status, 202, 'others go on')
    await house.admin.query(`UPDATE identifier_guards SET window_started_at = now() - interval '15 minutes'`)
    t.equal((await issue(tenant, { email: `${name}@example.com` })).status, 202, 'the next window is open')
  },
)

t.test('of links issued at once for one address and purpose one is live', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  await Promise.all(Array.from({ length: 5 }, () => issue(tenant, { email })))
  const { rows } = await house.admin.query(
    'SELECT superseded_at IS NULL AS live FROM challenges WHERE tenant_id = $1',
    [tenant.id],
  )
  t.equal(rows.length, 5)
  t.equal(rows.filter((row) => row.live).length, 1)
  const told = (await eventsOf(gateway, tenant.id)).filter((event) => event.kind === 'challenge.superseded')
  t.equal(told.length, 4)
})

t.test('another purpose is not superseded, and a scheduled link replaces nothing', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  await issue(tenant, { email })
  await issue(tenant, { email, purpose: 'verify_email' })
  const later = new Date(Date.now() + 3_600_000).toISOString()
  const { body } = await issue(tenant, { email, send_at: later })
  t.equal(body.data.delivery.status, 'scheduled')
  t.ok(Date.parse(body.data.expires_at) > Date.parse(later), 'its life counts from then')
  const { rows } = await house.admin.query('SELECT superseded_at FROM challenges WHERE tenant_id = $1', [
    tenant.id,
  ])
  t.strictSame(rows, [{ superseded_at: null }, { superseded_at: null }, { superseded_at: null }])
  t.equal(
    (await issue(tenant, { email, send_at: new Date(Date.now() + 91 * 86_400_000).toISOString() })).status,
    400,
  )
})

t.test('bodies that are not exactly one request are refused and nothing is sent', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  const bad: object[] = [
    {},
    { email: [email] },
    { email: [email, email] },
    { email: 1 },
    { email, extra: true },
    { email, purpose: 'other' },
    { email, purpose: 'step_up' },
    { email, redirect_url: 'https://evil.example/' },
    { email, redirect_url: 'https://app.test/internal' },
    { email, create_user: 'true' },
    { email, code_challenge: 'short' },
    { email, code_challenge_method: 'plain' },
    { email, code_challenge_method: 'S256' },
    { email, send_at: '2026-11-20T12:00:00' },
    { email, metadata: { a: 1 } },
    { email, metadata: { 'a\nb': 'x' } },
    { email, metadata: { ['k'.repeat(65)]: 'x' } },
    { email, metadata: Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`k${at}`, 'x'])) },
    { email: `${email}\r\nBcc: x@example.com` },
  ]
  for (const body of bad) {
    const answer = await issue(tenant, body)
    t.equal(answer.body.error?.code, 'VALIDATION_FAILED', JSON.stringify(body))
    t.ok(answer.body.error?.details?.length > 0)
  }
  const twice = await gateway.call({
    method: 'POST',
    url: '/v1/magic-links',
    headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
    payload: `{"email":"${email}","email":"b@example.com"}`,
  })
  t.equal(twice.body.error.code, 'VALIDATION_FAILED')
  t.equal(await count('deliveries', tenant), 0)
})

t.test('a revoked link tells so, and its delivery is cancelled with its payload wiped', async (t) => {
  const tenant = await newTenant(gateway)
  const { id, deliveryId } = await tenant.issue()
  for (const _ of [1, 2]) {
    const { status, body } = await tenant.call('DELETE', `/v1/magic-links/${id}`)
    t.equal(status, 200)
    t.match(body.data, {
      id,
      status: 'revoked',
      consumed_at: null,
      delivery: { id: deliveryId, status: 'cancelled' },
    })
  }
  const { rows } = await house.admin.query('SELECT payload FROM deliveries WHERE id = $1', [deliveryId])
  t.equal(rows[0].payload, null)
  const told = (await eventsOf(gateway, tenant.id)).map((event) => event.kind)
  t.equal(told.filter((kind) => kind === 'challenge.revoked').length, 1)
  t.equal(told.filter((kind) => kind === 'delivery.cancelled').length, 1)
})
