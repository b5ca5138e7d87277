// What a tenant may be told about sign-ins, browsers and tests, and what Postgres decides about it.

import { until } from '@postern/testkit/poll'
import t from 'tap'
import { newTenant, openGateway, openHouse, operator } from '../setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const patch = (id: string, body: object) => operator(gateway, 'PATCH', `/v1/tenants/${id}`, body)
let hosts = 0
const freshHost = () => `app${++hosts}.example`

t.test(
  'a tenant has every first factor, no chain and 30 and 90 days unless it is told otherwise',
  async (t) => {
    const { id } = await newTenant(gateway)
    t.match((await operator(gateway, 'GET', `/v1/tenants/${id}`)).body.data, {
      policy: { first_factors: ['magic_link', 'otp_email', 'otp_sms'], chain: [] },
      test_destinations: [],
      session_idle_seconds: 2_592_000,
      session_absolute_seconds: 7_776_000,
    })
  },
)

t.test(
  'policy, lifetimes and test destinations read back as they were told, addresses in one form',
  async (t) => {
    const { id } = await newTenant(gateway, undefined, { session_absolute_seconds: 3_600 })
    const read = async () => (await operator(gateway, 'GET', `/v1/tenants/${id}`)).body.data
    t.match(await read(), { session_idle_seconds: 3_600, session_absolute_seconds: 3_600 })
    const told = {
      policy: { first_factors: ['otp_email'], chain: ['otp_sms', 'totp'] },
      test_destinations: [
        { to: 'Test@Bücher.example', code: '000123' },
        { to: '+49 (170) 123-4567', code: '424242' },
      ],
      session_idle_seconds: 600,
      session_absolute_seconds: 86_400,
    }
    t.equal((await patch(id, told)).status, 200)
    const found = await read()
    t.match(found, {
      ...told,
      test_destinations: [{ to: 'test@xn--bcher-kva.example' }, { to: '+491701234567' }],
    })
    await patch(id, { policy: { chain: [] } })
    t.strictSame(
      (await read()).policy,
      { first_factors: ['otp_email'], chain: [] },
      'what is not named stays',
    )
  },
)

t.test(
  'a receipt is waited for where the tenant is told so, and no longer when it is told null',
  async (t) => {
    const { id } = await newTenant(gateway)
    const read = async () =>
      (await operator(gateway, 'GET', `/v1/tenants/${id}`)).body.data.receipt_wait_seconds
    t.equal(await read(), null)
    t.equal((await patch(id, { receipt_wait_seconds: 45 })).status, 200)
    await patch(id, { name: 'Another' })
    t.equal(await read(), 45, 'what is not named stays')
    for (const bad of [9, 601, 10.5, '45']) {
      const { body } = await patch(id, { receipt_wait_seconds: bad })
      t.equal(body.error.code, 'VALIDATION_FAILED', `${bad}`)
    }
    await patch(id, { receipt_wait_seconds: null })
    t.equal(await read(), null)
    const made = await newTenant(gateway, undefined, { receipt_wait_seconds: 600 })
    const { body } = await operator(gateway, 'GET', `/v1/tenants/${made.id}`)
    t.equal(body.data.receipt_wait_seconds, 600)
  },
)

t.test('a change of the policy reaches an API key’s next request', async (t) => {
  const { id, key } = await newTenant(gateway)
  const request = { headers: { authorization: `Bearer ${key}` } } as never
  const policy = async () => (await gateway.context.auth.authenticate(request, 'challenges:write')).tenant
  t.match(await policy(), { firstFactors: ['magic_link', 'otp_email', 'otp_sms'], factorChain: [] })
  await patch(id, { policy: { first_factors: ['magic_link'], chain: ['totp'] } })
  await until(async () => (await policy()).firstFactors.length === 1, {
    deadlineMs: 30_000,
    what: 'the new policy',
  })
  t.match(await policy(), {
    firstFactors: ['magic_link'],
    factorChain: ['totp'],
    sessionIdleSeconds: 2_592_000,
  })
})

t.test('settings that cannot be are refused, and each names its field', async (t) => {
  const { id } = await newTenant(gateway)
  const address = { to: 'a@example.com', code: '123456' }
  const bad: [object, string][] = [
    [{ policy: { first_factors: [] } }, 'body.policy.first_factors'],
    [{ policy: { first_factors: ['totp'] } }, 'body.policy.first_factors.0'],
    [{ policy: { chain: ['recovery_code'] } }, 'body.policy.chain.0'],
    [{ policy: { chain: ['totp', 'totp'] } }, 'body.policy.chain'],
    [{ policy: { chian: [] } }, 'body.policy.chian'],
    [{ session_idle_seconds: 299 }, 'body.session_idle_seconds'],
    [{ session_absolute_seconds: 31_536_001 }, 'body.session_absolute_seconds'],
    [{ session_idle_seconds: 601, session_absolute_seconds: 600 }, 'body.session_idle_seconds'],
    [{ session_absolute_seconds: 600 }, 'body.session_idle_seconds'],
    [{ test_destinations: [{ ...address, code: '12345' }] }, 'body.test_destinations.0.code'],
    [{ test_destinations: [{ ...address, code: '12345٦' }] }, 'body.test_destinations.0.code'],
    [{ test_destinations: [{ ...address, to: 'nobody' }] }, 'body.test_destinations.0.to'],
    [{ test_destinations: [{ ...address, to: '+0170123456' }] }, 'body.test_destinations.0.to'],
    [
      { test_destinations: [address, { to: 'A@Example.com', code: '1'.repeat(6) }] },
      'body.test_destinations.1.to',
    ],
    [
      { test_destinations: Array.from({ length: 21 }, (_, n) => ({ ...address, to: `a${n}@example.com` })) },
      'body.test_destinations',
    ],
    [{ browser_hosts: ['App.test'] }, 'body.browser_hosts.0'],
    [{ browser_hosts: ['a.test', 'a.test'] }, 'body.browser_hosts'],
    [{ browser_hosts: ['https://a.test'] }, 'body.browser_hosts.0'],
    [{ browser_hosts: ['a.test', 'a_b.test'] }, 'body.browser_hosts.1'],
    [{ browser_hosts: ['a.test.'] }, 'body.browser_hosts.0'],
    [{ browser_hosts: ['a.test:99999'] }, 'body.browser_hosts.0'],
    [{ browser_hosts: [`${'a.'.repeat(130)}test`] }, 'body.browser_hosts.0'],
    [{ audience: 'urn:postern:tenant:00000000-0000-4000-8000-000000000000' }, 'body.audience'],
    [{ audience: `URN:postern:tenant:${id}` }, 'body.audience'],
  ]
  const before = (await operator(gateway, 'GET', `/v1/tenants/${id}`)).body.data
  for (const [body, path] of bad) {
    const { status, body: answer } = await patch(id, body)
    t.equal(status, 400, JSON.stringify(body))
    t.equal(answer.error.details[0].path, path, JSON.stringify(body))
  }
  t.strictSame((await operator(gateway, 'GET', `/v1/tenants/${id}`)).body.data, before)
  t.equal((await patch(id, { audience: `urn:postern:tenant:${id}` })).status, 200, 'its own is its own')
})

t.test('a browser host belongs to one tenant, also when a hundred ask for it at once', async (t) => {
  const host = freshHost()
  const tenants = await Promise.all(Array.from({ length: 10 }, () => newTenant(gateway)))
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) =>
      patch(tenants[n % 10]?.id ?? '', { browser_hosts: [host, freshHost()] }),
    ),
  )
  const won = answers.filter(({ status }) => status === 200).map(({ body }) => body.data.id)
  t.ok(won.length >= 1)
  t.equal(new Set(won).size, 1, 'one tenant has it')
  t.ok(
    answers.every(({ status, body }) => status === 200 || (status === 409 && body.error.code === 'CONFLICT')),
  )
  const { rows } = await house.admin.query(
    `SELECT (SELECT count(*)::int FROM tenants WHERE $1 = ANY (browser_hosts)) AS told,
            (SELECT array_agg(tenant_id) FROM browser_hosts WHERE host = $1) AS kept`,
    [host],
  )
  t.strictSame(rows, [{ told: 1, kept: [won[0]] }])
})

t.test('a host that a tenant gives up is free, and two tenants may swap theirs', async (t) => {
  const [one, other] = [await newTenant(gateway), await newTenant(gateway)]
  const host = freshHost()
  t.equal((await patch(one.id, { browser_hosts: [host] })).status, 200)
  t.equal((await patch(one.id, { browser_hosts: [host], name: 'Again' })).status, 200, 'its own again')
  t.equal((await patch(other.id, { browser_hosts: [host] })).status, 409)
  t.equal((await patch(one.id, { browser_hosts: [] })).status, 200)
  t.equal((await patch(other.id, { browser_hosts: [host] })).status, 200)
  const rounds = Array.from({ length: 20 }, (_, n) => n % 2 === 0)
  const [a, b] = [freshHost(), freshHost()]
  const answers = await Promise.all(
    rounds.flatMap((even) => [
      patch(one.id, { browser_hosts: [even ? a : b] }),
      patch(other.id, { browser_hosts: [even ? b : a] }),
    ]),
  )
  t.ok(
    answers.every(({ status }) => status === 200 || status === 409),
    'nobody waits for ever',
  )
})

t.test(
  'a tenant is not made with another’s host, and the key of a repeat is not spent on the refusal',
  async (t) => {
    const host = freshHost()
    await newTenant(gateway, undefined, { browser_hosts: [host] })
    const body = {
      name: 'x',
      slug: `s${Date.now()}`,
      allowed_redirects: ['https://a.test/'],
      browser_hosts: [host],
    }
    const headers = { 'idempotency-key': `k${Date.now()}` }
    const refused = await operator(gateway, 'POST', '/v1/tenants', body, headers)
    t.equal(`${refused.status} ${refused.body.error.code}`, '409 CONFLICT')
    t.strictSame(refused.body.error.details, [
      { path: 'body.browser_hosts', problem: 'belongs to another tenant' },
    ])
    const { status } = await operator(gateway, 'POST', '/v1/tenants', { ...body, browser_hosts: [] }, headers)
    t.equal(status, 201)
  },
)

t.test(
  'production refuses test destinations and ports, and forgets those of a database that has them',
  async (t) => {
    const live = {
      ...house,
      env: { ...house.env, POSTERN_ENV: 'production', POSTERN_PUBLIC_URL: 'https://id.example' },
    }
    const strict = await openGateway(t, live)
    const { id, key } = await newTenant(gateway, undefined, {
      test_destinations: [{ to: 'a@example.com', code: '123456' }],
      browser_hosts: ['localhost:3000'],
    })
    const ask = (body: object) => operator(strict, 'PATCH', `/v1/tenants/${id}`, body)
    t.equal((await ask({ test_destinations: [{ to: 'a@example.com', code: '123456' }] })).status, 400)
    t.equal((await ask({ browser_hosts: ['app.example:8443'] })).status, 400)
    t.equal((await ask({ name: 'Live' })).status, 200)
    const request = { headers: { authorization: `Bearer ${key}` } } as never
    const known = async (of: typeof gateway) =>
      (await of.context.auth.authenticate(request, 'challenges:write')).tenant
    t.strictSame((await known(strict)).testDestinations, [])
    t.strictSame((await known(gateway)).testDestinations, [{ to: 'a@example.com', code: '123456' }])
    const allowed = await openGateway(t, {
      ...live,
      env: { ...live.env, POSTERN_ALLOW_TEST_DESTINATIONS: 'true' },
    })
    t.equal((await known(allowed)).testDestinations.length, 1)
    t.equal((await ask({ test_destinations: [] })).status, 200)
  },
)
