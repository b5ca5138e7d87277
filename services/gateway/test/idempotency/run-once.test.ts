// One Idempotency-Key, one intent: replayed, never repeated, and never at the cost of another request's memory.

import t from 'tap'
import { freshEmail, newTenant, openGateway, openHouse, operator, type Tenant } from '../setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const issue = (tenant: Tenant, email: string, key: string) =>
  tenant.call('POST', '/v1/magic-links', { email }, { 'idempotency-key': key })
const sends = async (tenant: Tenant) => {
  const { rows } = await house.admin.query('SELECT count(*)::int AS n FROM deliveries WHERE tenant_id = $1', [
    tenant.id,
  ])
  return rows[0].n as number
}

t.test('100 requests with one key at once make one intent', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  const answers = await Promise.all(Array.from({ length: 100 }, () => issue(tenant, email, 'k')))
  const ids = new Set(answers.filter(({ status }) => status === 202).map(({ body }) => body.data.id))
  t.equal(ids.size, 1)
  const codes = new Set(answers.filter(({ status }) => status !== 202).map(({ body }) => body.error.code))
  codes.delete('IDEMPOTENCY_IN_PROGRESS')
  t.same([...codes], [], 'others are told to wait')
  t.equal(await sends(tenant), 1)
  const replay = await issue(tenant, email, 'k')
  t.equal(replay.status, 202)
  t.equal(replay.headers['idempotency-replayed'], 'true')
  t.equal(replay.body.meta.secrets_withheld, true)
  t.ok(ids.has(replay.body.data.id))
})

t.test('replays do not count against the identifier', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  for (let n = 0; n < 12; n++) t.equal((await issue(tenant, email, 'again')).status, 202)
  t.equal(await sends(tenant), 1)
})

t.test(
  'the same key with another body or route is refused, with another tenant it is another key',
  async (t) => {
    const [tenant, other] = [await newTenant(gateway), await newTenant(gateway)]
    const email = freshEmail()
    await issue(tenant, email, 'k')
    t.equal((await issue(tenant, freshEmail(), 'k')).body.error.code, 'IDEMPOTENCY_KEY_REUSED')
    t.equal((await issue(other, email, 'k')).headers['idempotency-replayed'], undefined)
  },
)

t.test('a refused request is not remembered, and its refusal still counts', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  for (let n = 0; n < 5; n++) await issue(tenant, email, `k${n}`)
  t.equal((await issue(tenant, email, 'late')).body.error.code, 'RATE_LIMITED')
  await house.admin.query(
    `UPDATE identifier_guards SET window_started_at = now() - interval '1 hour' WHERE tenant_id = $1`,
    [tenant.id],
  )
  t.equal((await issue(tenant, email, 'late')).status, 202)
})

t.test('after 24 hours the key is free again', async (t) => {
  const tenant = await newTenant(gateway)
  await issue(tenant, freshEmail(), 'k')
  await house.admin.query(`UPDATE idempotency_keys SET expires_at = now() WHERE tenant_id = $1`, [tenant.id])
  t.equal((await issue(tenant, freshEmail(), 'k')).status, 202)
  t.equal(await sends(tenant), 2)
})

t.test('keys that are not 1 to 255 visible ASCII characters are refused', async (t) => {
  const tenant = await newTenant(gateway)
  for (const key of ['', ' ', 'a b', 'ü', 'x'.repeat(256)]) {
    t.equal((await issue(tenant, freshEmail(), key)).status, 400, JSON.stringify(key))
  }
  t.equal((await issue(tenant, freshEmail(), 'x'.repeat(255))).status, 202)
})

t.test('a repeated creation of tenant and key makes one of each, and withholds the secret', async (t) => {
  const body = { name: 'Once', slug: `once-${Date.now()}`, allowed_redirects: ['https://app.test/'] }
  const headers = { 'idempotency-key': `tenant-${Date.now()}` }
  const [one, two] = [
    await operator(gateway, 'POST', '/v1/tenants', body, headers),
    await operator(gateway, 'POST', '/v1/tenants', body, headers),
  ]
  t.equal(one.body.data.id, two.body.data.id)
  t.equal((await operator(gateway, 'POST', '/v1/tenants', body)).body.error.code, 'CONFLICT')
  const url = `/v1/tenants/${one.body.data.id}/api-keys`
  const keys = [1, 2].map(() =>
    operator(gateway, 'POST', url, { name: 'k', scopes: ['audit:read'] }, { 'idempotency-key': 'key' }),
  )
  const made = [await keys[0], await keys[1]].map((answer) => answer?.body.data?.key)
  t.equal(made.filter((key) => typeof key === 'string').length, 1)
  const again = await operator(
    gateway,
    'POST',
    url,
    { name: 'k', scopes: ['audit:read'] },
    { 'idempotency-key': 'key' },
  )
  t.equal(again.body.data.key, null)
  t.equal((await operator(gateway, 'GET', url)).body.data.items.length, 1)
})

t.test('a tenant’s key that was forgotten creates no second tenant', async (t) => {
  const headers = { 'idempotency-key': `forgotten-${Date.now()}` }
  const create = (slug: string) => {
    const body = { name: 'Once', slug, allowed_redirects: ['https://app.test/'] }
    return operator(gateway, 'POST', '/v1/tenants', body, headers)
  }
  const one = await create(`first-${Date.now()}`)
  await house.admin.query('UPDATE idempotency_keys SET expires_at = now() WHERE tenant_id = $1', [
    one.body.data.id,
  ])
  const later = await create(`second-${Date.now()}`)
  t.equal(later.status, 409)
  t.equal(later.body.error.code, 'CONFLICT')
})
