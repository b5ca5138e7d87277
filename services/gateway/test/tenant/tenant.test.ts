// Tenants and their keys: the operator's alone, told to the trail, and the key is shown once.

import { until } from '@postern/testkit/poll'
import t from 'tap'
import { bearer, eventsOf, freshEmail, newTenant, openGateway, openHouse, operator } from '../setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)

t.test('only the admin key opens the operator’s routes, and it opens nothing else', async (t) => {
  const tenant = await newTenant(gateway)
  const routes = [
    ['POST', '/v1/tenants'],
    ['GET', `/v1/tenants/${tenant.id}`],
    ['PATCH', `/v1/tenants/${tenant.id}`],
    ['POST', `/v1/tenants/${tenant.id}/api-keys`],
    ['GET', `/v1/tenants/${tenant.id}/api-keys`],
    ['DELETE', `/v1/tenants/${tenant.id}/api-keys/${tenant.id}`],
  ] as const
  for (const [method, url] of routes) {
    for (const headers of [
      {},
      bearer(tenant.key),
      bearer(`${house.adminKey}x`),
      { authorization: house.adminKey },
    ]) {
      const { status, body } = await gateway.call({ method, url, headers, payload: {} })
      t.equal(status, 401, `${method} ${url}`)
      t.equal(body.error.code, 'UNAUTHENTICATED')
    }
  }
  const { status } = await operator(gateway, 'POST', '/v1/magic-links', { email: 'a@example.com' })
  t.equal(status, 401)
})

t.test('a tenant reads back as it was made and changed, and the trail names what changed', async (t) => {
  const tenant = await newTenant(gateway, undefined, {
    audience: 'https://api.test',
    link_ttl_seconds: 120,
    browser_hosts: ['app.test'],
  })
  const { body } = await operator(gateway, 'GET', `/v1/tenants/${tenant.id}`)
  t.match(body.data, {
    audience: 'https://api.test',
    link_ttl_seconds: 120,
    browser_hosts: ['app.test'],
    is_active: true,
  })
  const changed = await operator(gateway, 'PATCH', `/v1/tenants/${tenant.id}`, {
    name: 'New',
    link_ttl_seconds: 300,
  })
  t.match(changed.body.data, { name: 'New', link_ttl_seconds: 300, audience: 'https://api.test' })
  const told = (await eventsOf(gateway, tenant.id)).map(({ kind, actor }) => [kind, actor])
  t.strictSame(told, [
    ['tenant.created', 'operator:admin'],
    ['api_key.created', 'operator:admin'],
    ['tenant.updated', 'operator:admin'],
  ])
})

t.test('a change of the redirects reaches the next link', async (t) => {
  const tenant = await newTenant(gateway)
  const ask = () =>
    tenant.call('POST', '/v1/magic-links', { email: freshEmail(), redirect_url: 'https://new.test/' })
  t.equal((await ask()).body.error.code, 'VALIDATION_FAILED')
  await operator(gateway, 'PATCH', `/v1/tenants/${tenant.id}`, { allowed_redirects: ['https://new.test/'] })
  await until(async () => (await ask()).status === 202, { deadlineMs: 30_000, what: 'the new list' })
})

t.test('bodies that would make a broken tenant are refused', async (t) => {
  const good = { name: 'x', slug: 'fine-slug', allowed_redirects: ['https://app.test/'] }
  const bad = [
    {},
    { ...good, slug: 'Bad Slug' },
    { ...good, slug: '-x' },
    { ...good, allowed_redirects: [] },
    { ...good, allowed_redirects: ['javascript:alert(1)'] },
    { ...good, allowed_redirects: ['https://a.test/#x'] },
    { ...good, link_ttl_seconds: 901 },
    { ...good, link_ttl_seconds: 59 },
    { ...good, link_ttl_seconds: '600' },
    { ...good, unknown: 1 },
  ]
  for (const body of bad) {
    const answer = await operator(gateway, 'POST', '/v1/tenants', body)
    t.equal(answer.body.error.code, 'VALIDATION_FAILED', JSON.stringify(body))
  }
  const nobody = '00000000-0000-4000-8000-000000000000'
  t.equal(
    (await operator(gateway, 'POST', `/v1/tenants/${nobody}/api-keys`, { name: 'k', scopes: ['audit:read'] }))
      .status,
    404,
  )
  t.equal((await operator(gateway, 'PATCH', `/v1/tenants/${nobody}`, { name: 'k' })).status, 404)
})

t.test('keys are listed without their secret, page by page, and an expired one is refused', async (t) => {
  const tenant = await newTenant(gateway)
  const url = `/v1/tenants/${tenant.id}/api-keys`
  for (let n = 0; n < 4; n++) await operator(gateway, 'POST', url, { name: `k${n}`, scopes: ['audit:read'] })
  const names: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const { body } = await operator(gateway, 'GET', `${url}?limit=2${cursor && `&cursor=${cursor}`}`)
    names.push(...body.data.items.map((item: { name: string }) => item.name))
    t.notOk(JSON.stringify(body).includes(tenant.key))
    cursor = body.data.next_cursor
  }
  t.strictSame(names, ['k3', 'k2', 'k1', 'k0', 'test'])
  for (const bad of ['x', tenant.id, `${'A'.repeat(21)}_`]) {
    const refused = await operator(gateway, 'GET', `${url}?cursor=${bad}`)
    t.match(refused, { status: 400, body: { error: { code: 'VALIDATION_FAILED' } } }, bad)
  }
  const past = { name: 'old', scopes: ['challenges:write'], expires_at: '2020-01-01T00:00:00Z' }
  const { body } = await operator(gateway, 'POST', url, past)
  const asked = await gateway.call({
    method: 'GET',
    url: `/v1/magic-links/${tenant.id}`,
    headers: bearer(body.data.key),
  })
  t.equal(asked.status, 401)
})

t.test('a key revoked by many at once is told once', async (t) => {
  const tenant = await newTenant(gateway)
  const url = `/v1/tenants/${tenant.id}/api-keys`
  const { id } = (await operator(gateway, 'GET', url)).body.data.items[0]
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => operator(gateway, 'DELETE', `${url}/${id}`)),
  )
  t.ok(answers.every(({ status }) => status === 200))
  const told = (await eventsOf(gateway, tenant.id)).filter(({ kind }) => kind === 'api_key.revoked')
  t.equal(told.length, 1)
  const { rows } = await house.admin.query('SELECT kind FROM revocations WHERE subject_id = $1', [id])
  t.strictSame(rows, [{ kind: 'api_key' }])
})

t.test('the document names who may call each route', async (t) => {
  const { body } = await gateway.call({ method: 'GET', url: '/openapi.json' })
  t.equal(body.openapi, '3.1.0')
  const open = []
  for (const [path, methods] of Object.entries<
    Record<string, { security?: object[]; 'x-postern-scope'?: string }>
  >(body.paths)) {
    for (const [method, { security, ...route }] of Object.entries(methods)) {
      if (security?.length === 0) open.push(`${method} ${path}`)
      else {
        const kind = path.startsWith('/v1/browser/') ? 'browserPage' : 'adminKey'
        const named = JSON.stringify(security) === `[{"${kind}":[]}]`
        t.ok(route['x-postern-scope'] || named, `${method} ${path}`)
      }
    }
  }
  t.strictSame(open.sort(), [
    'get /.well-known/jwks.json',
    'get /v1/forward-auth',
    'post /l/resolve',
    // Each call proves itself, as its vendor signs.
    'post /v1/webhooks/gateway/{sender_id}',
    'post /v1/webhooks/sendgrid/{sender_id}',
    'post /v1/webhooks/ses/{sender_id}',
    'post /v1/webhooks/twilio/{sender_id}/{delivery_id}',
  ])
  for (const [path, methods] of Object.entries<Record<string, { 'x-postern-other-scopes'?: string[] }>>(
    body.paths,
  )) {
    const enrols = /^\/v1\/users\/\{id\}\/totp(?:\/enable)?$/.test(path)
    const others = Object.values(methods).flatMap((route) => route['x-postern-other-scopes'] ?? [])
    t.strictSame(others, enrols ? ['challenges:verify'] : [], path)
  }
  t.match(body.paths['/v1/users/{id}/totp'].post.description, /`mfa_token`.*`challenges:verify`/)
})
