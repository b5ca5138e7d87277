// Users as a client's back end keeps them: pre-registered, read, found, changed. Each of its own tenant's only.

import t from 'tap'
import { bearer, eventsOf, freshEmail, freshPhone, newTenant, openGateway, openHouse } from '../setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const SCOPES = ['challenges:write', 'challenges:verify', 'users:read', 'users:write']
const tenantWithUsers = () => newTenant(gateway, SCOPES)
const NOBODY = '00000000-0000-4000-8000-000000000000'

t.test('a phone number is one identifier, however it is spelled', async (t) => {
  const tenant = await tenantWithUsers()
  const phone = freshPhone()
  const spelled = `${phone.slice(0, 3)} ${phone.slice(3, 6)} ${phone.slice(6)}`
  const { body } = await tenant.call('POST', '/v1/users', { phone: spelled })
  t.equal(body.data.phone, phone)
  t.equal((await tenant.call('POST', '/v1/users', { phone })).body.error.code, 'CONFLICT')
  const found = await tenant.call('POST', '/v1/users/search', { phone: spelled.replaceAll(' ', '-') })
  t.match(found.body.data.items, [{ id: body.data.id }])
})

t.test(
  'a pre-registered user reads back, unproven, and the trail tells it without the address',
  async (t) => {
    const tenant = await tenantWithUsers()
    const [email, phone] = [freshEmail().toUpperCase(), freshPhone()]
    const made = await tenant.call('POST', '/v1/users', { email, phone, metadata: { plan: 'gold' } })
    t.equal(made.status, 201)
    t.match(made.body.data, {
      email,
      email_verified_at: null,
      phone,
      phone_verified_at: null,
      is_active: true,
      metadata: { plan: 'gold' },
      second_factors: [],
      recovery_codes_left: 0,
    })
    const { id } = made.body.data
    t.strictSame((await tenant.call('GET', `/v1/users/${id}`)).body.data, made.body.data)
    const told = (await eventsOf(gateway, tenant.id)).filter(({ kind }) => kind.startsWith('user.'))
    t.match(told, [{ kind: 'user.created', subject: `user:${id}`, outcome: 'success' }])
    t.notMatch(JSON.stringify(told).toLowerCase(), email.toLowerCase())
  },
)

t.test('one address is one user, however it is written', async (t) => {
  const tenant = await tenantWithUsers()
  const [email, phone] = [freshEmail(), freshPhone()]
  t.equal((await tenant.call('POST', '/v1/users', { email, phone })).status, 201)
  for (const body of [
    { email: email.toUpperCase() },
    { phone },
    { phone: phone.replace('+49', '+49 ') },
    { email: freshEmail(), phone },
  ]) {
    const { status, body: answer } = await tenant.call('POST', '/v1/users', body)
    t.equal(`${status} ${answer.error.code}`, '409 CONFLICT', JSON.stringify(Object.keys(body)))
  }
  const { rows } = await house.admin.query(
    'SELECT (SELECT count(*)::int FROM users WHERE tenant_id = $1) AS users, (SELECT count(*)::int FROM identifiers WHERE tenant_id = $1) AS identifiers',
    [tenant.id],
  )
  t.strictSame(rows, [{ users: 1, identifiers: 2 }], 'a refused user leaves nothing behind')
  t.equal(
    (await (await tenantWithUsers()).call('POST', '/v1/users', { email, phone })).status,
    201,
    'another tenant',
  )
})

t.test('two hundred who register one address at once make one user', async (t) => {
  const tenant = await tenantWithUsers()
  const email = freshEmail()
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, n) =>
      tenant.call('POST', '/v1/users', n % 2 ? { email } : { email, phone: freshPhone() }),
    ),
  )
  t.equal(answers.filter(({ status }) => status === 201).length, 1)
  t.ok(answers.every(({ status }) => status === 201 || status === 409))
  t.equal((await eventsOf(gateway, tenant.id)).filter(({ kind }) => kind === 'user.created').length, 1)
})

t.test('registering and proving one address at once make one user', async (t) => {
  const tenant = await tenantWithUsers()
  for (let round = 0; round < 20; round++) {
    const email = freshEmail()
    const { token } = await tenant.issue({ email })
    const [proven, made] = await Promise.all([
      tenant.call('POST', '/v1/magic-links/verify', { token }),
      tenant.call('POST', '/v1/users', { email }),
    ])
    t.equal(proven.status, 200, JSON.stringify(proven.body.error))
    t.ok(made.status === 409 || (made.status === 201 && made.body.data.id === proven.body.data.user.id))
    const found = await tenant.call('POST', '/v1/users/search', { email })
    t.equal(found.body.data.items[0].id, proven.body.data.user.id)
  }
})

t.test('whoever proves a pre-registered address is that user', async (t) => {
  const tenant = await tenantWithUsers()
  const email = freshEmail()
  const { id } = (await tenant.call('POST', '/v1/users', { email, metadata: { plan: 'gold' } })).body.data
  const { token } = await tenant.issue({ email })
  const { data } = (await tenant.call('POST', '/v1/magic-links/verify', { token })).body
  t.match(data, { created: false, user: { id } })
  const read = (await tenant.call('GET', `/v1/users/${id}`)).body.data
  t.equal(read.email_verified_at, data.user.email_verified_at)
  t.ok(read.email_verified_at)
  t.strictSame(read.metadata, { plan: 'gold' })
})

t.test('verify_email proves the address and opens no session', async (t) => {
  const tenant = await tenantWithUsers()
  const email = freshEmail()
  const { id } = (await tenant.call('POST', '/v1/users', { email })).body.data
  const { token } = await tenant.issue({ email, purpose: 'verify_email' })
  const { data } = (await tenant.call('POST', '/v1/magic-links/verify', { token })).body
  t.equal(data.session, null)
  t.ok((await tenant.call('GET', `/v1/users/${id}`)).body.data.email_verified_at)
})

t.test('an address finds its user, however it is written, and nobody of another tenant', async (t) => {
  const tenant = await tenantWithUsers()
  const [email, phone] = [freshEmail(), freshPhone()]
  const { id } = (await tenant.call('POST', '/v1/users', { email, phone })).body.data
  const find = async (body: object, who = tenant) =>
    (await who.call('POST', '/v1/users/search', body)).body.data
  t.match(await find({ email: email.toUpperCase() }), { items: [{ id }], next_cursor: null })
  t.match(await find({ phone }), { items: [{ id }] })
  t.strictSame(await find({ email: freshEmail() }), { items: [], next_cursor: null })
  const other = await tenantWithUsers()
  t.strictSame((await find({ email }, other)).items, [])
  for (const [method, url] of [
    ['GET', `/v1/users/${id}`],
    ['GET', `/v1/users/${id}/export`],
    ['PATCH', `/v1/users/${id}`],
  ] as const) {
    const { status, body } = await other.call(method, url, method === 'PATCH' ? { metadata: {} } : undefined)
    t.equal(`${status} ${body.error.code}`, '404 NOT_FOUND', `${method} ${url}`)
  }
  t.equal((await other.call('DELETE', `/v1/users/${id}`)).status, 200)
  t.match(await find({ email }), { items: [{ id }] }, 'another tenant’s erasure erases nothing')
})

t.test('metadata is replaced as a whole and told once, without its values', async (t) => {
  const tenant = await tenantWithUsers()
  const { id } = (
    await tenant.call('POST', '/v1/users', { email: freshEmail(), metadata: { a: '1', b: '2' } })
  ).body.data
  const patch = () => tenant.call('PATCH', `/v1/users/${id}`, { metadata: { a: 'canary' } })
  t.strictSame((await patch()).body.data.metadata, { a: 'canary' })
  await patch()
  const told = (await eventsOf(gateway, tenant.id)).filter(({ kind }) => kind === 'user.updated')
  t.equal(told.length, 1, 'the second changed nothing')
  t.notMatch(JSON.stringify(told), 'canary')
})

t.test('the same Idempotency-Key makes one user', async (t) => {
  const tenant = await tenantWithUsers()
  const body = { email: freshEmail() }
  const headers = { 'idempotency-key': 'one' }
  const first = await tenant.call('POST', '/v1/users', body, headers)
  const again = await tenant.call('POST', '/v1/users', body, headers)
  t.equal(again.status, 201)
  t.equal(again.headers['idempotency-replayed'], 'true')
  t.strictSame(again.body.data, first.body.data)
})

t.test('bodies that name no user are refused', async (t) => {
  const tenant = await tenantWithUsers()
  const { id } = (await tenant.call('POST', '/v1/users', { email: freshEmail() })).body.data
  const bad: ['POST' | 'PATCH', string, object][] = [
    ['POST', '/v1/users', {}],
    ['POST', '/v1/users', { metadata: {} }],
    ['POST', '/v1/users', { email: 'nobody' }],
    ['POST', '/v1/users', { email: ['a@example.com'] }],
    ['POST', '/v1/users', { phone: '0170 1234567' }],
    ['POST', '/v1/users', { phone: '+4917012345678901234' }],
    ['POST', '/v1/users', { phone: '+49 (0)170 1234567' }],
    ['POST', '/v1/users', { email: freshEmail(), is_active: false }],
    ['POST', '/v1/users', { email: freshEmail(), metadata: { a: 1 } }],
    ['POST', '/v1/users', { email: freshEmail(), metadata: { 'a b': 'x' } }],
    ['POST', '/v1/users/search', {}],
    ['POST', '/v1/users/search', { email: freshEmail(), phone: freshPhone() }],
    ['PATCH', `/v1/users/${id}`, {}],
    ['PATCH', `/v1/users/${id}`, { is_active: 'false' }],
    ['PATCH', `/v1/users/${id}`, { email: freshEmail() }],
  ]
  for (const [method, url, payload] of bad) {
    const { status, body } = await tenant.call(method, url, payload)
    t.equal(`${status} ${body.error.code}`, '400 VALIDATION_FAILED', JSON.stringify(payload))
  }
  t.equal((await tenant.call('GET', `/v1/users/${NOBODY}`)).status, 404)
  t.equal((await tenant.call('PATCH', `/v1/users/${NOBODY}`, { is_active: true })).status, 404)
})

t.test('reading asks for users:read and changing for users:write', async (t) => {
  const tenant = await tenantWithUsers()
  const reader = await newTenant(gateway, ['users:read'])
  const writer = await newTenant(gateway, ['users:write'])
  const routes = [
    ['POST', '/v1/users', { email: freshEmail() }, writer],
    ['POST', '/v1/users/search', { email: freshEmail() }, reader],
    ['GET', `/v1/users/${NOBODY}`, undefined, reader],
    ['GET', `/v1/users/${NOBODY}/export`, undefined, reader],
    ['PATCH', `/v1/users/${NOBODY}`, { is_active: true }, writer],
    ['DELETE', `/v1/users/${NOBODY}`, undefined, writer],
  ] as const
  for (const [method, url, payload, allowed] of routes) {
    for (const who of [reader, writer]) {
      const { status } = await who.call(method, url, payload)
      t.equal(status === 403, who !== allowed, `${method} ${url}`)
    }
    const sent = { method, url, ...(payload && { payload }) }
    t.equal((await gateway.call({ ...sent, headers: bearer(`${tenant.key}x`) })).status, 401)
  }
})
