// A link is spent once, by whoever holds it, for the tenant it belongs to; everything else changes nothing.

import { until } from '@postern/testkit/poll'
import { createLocalJWKSet, jwtVerify } from 'jose'
import t from 'tap'
import { verifyMagicLink } from '../../src/challenge/verify-magic-link.ts'
import { eventsOf, freshEmail, newTenant, openGateway, openHouse, operator, type Tenant } from '../setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const verify = (tenant: Tenant, token: string, more: object = {}) =>
  tenant.call('POST', '/v1/magic-links/verify', { token, ...more })
const expire = (id: string) =>
  house.admin.query(`UPDATE challenges SET expires_at = now() - interval '1 second' WHERE id = $1`, [id])

t.test('the trail tells what a proof did in the order in which it was done', async (t) => {
  const tenant = await newTenant(gateway)
  const links = await Promise.all(Array.from({ length: 8 }, () => tenant.issue({ email: freshEmail() })))
  await Promise.all(links.map(({ token }) => verify(tenant, token)))
  const { rows } = await house.admin.query(
    `SELECT array_agg(kind ORDER BY id) AS kinds FROM outbox WHERE tenant_id = $1 AND kind <> 'challenge.issued'
      AND subject ~ '^(challenge|user|session):' GROUP BY request_id HAVING count(*) > 1`,
    [tenant.id],
  )
  t.strictSame(
    rows.map(({ kinds }) => kinds),
    links.map(() => ['challenge.verified', 'user.created', 'session.opened']),
  )
})

t.test('a proven link makes the user, opens one session and tells the trail', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  const { token, id, deliveryId } = await tenant.issue({ email })
  await house.admin.query(`UPDATE deliveries SET status = 'accepted', payload = NULL WHERE id = $1`, [
    deliveryId,
  ])
  const { status, body } = await verify(tenant, token)
  t.equal(status, 200)
  t.match(body.data, {
    user: { email, is_active: true, email_verified_at: String, phone: null },
    created: true,
    purpose: 'sign_in',
    session: {
      token_type: 'Bearer',
      expires_in: 600,
      amr: ['magic_link'],
      acr: 'urn:postern:acr:one-factor',
    },
    mfa: null,
  })
  const { rows } = await house.admin.query(
    'SELECT user_id, challenge_id FROM sessions WHERE tenant_id = $1',
    [tenant.id],
  )
  t.strictSame(rows, [{ user_id: body.data.user.id, challenge_id: id }])
  // Who hands the delivery over is told elsewhere: it depends on whether the queue stands by then.
  const told = (await eventsOf(gateway, tenant.id)).filter(
    ({ actor, kind }) => actor.startsWith('api_key:') && kind !== 'delivery.queued',
  )
  t.strictSame(told.map((event) => event.kind).sort(), [
    'challenge.issued',
    'challenge.verified',
    'session.opened',
    'user.created',
  ])
})

t.test('the access token verifies with the published key and says who, for whom and how', async (t) => {
  const tenant = await newTenant(gateway)
  const { token } = await tenant.issue()
  const { data } = (await verify(tenant, token)).body
  const { body: jwks } = await gateway.call({ method: 'GET', url: '/.well-known/jwks.json' })
  const { payload, protectedHeader } = await jwtVerify(data.session.access_token, createLocalJWKSet(jwks), {
    issuer: 'http://gateway.test:4000',
    audience: `urn:postern:tenant:${tenant.id}`,
    typ: 'at+jwt',
    algorithms: ['ES256'],
  })
  t.equal(protectedHeader.kid, jwks.keys[0].kid)
  t.match(payload, { sub: data.user.id, sid: data.session.id, tid: tenant.id, amr: ['magic_link'] })
  t.equal(Number(payload.exp) - Number(payload.iat), 600)
})

t.test('the second sign-in of an address finds the same user', async (t) => {
  const tenant = await newTenant(gateway)
  const first = await tenant.issue({ email: 'Ada@Example.com' })
  const one = (await verify(tenant, first.token)).body.data
  const second = await tenant.issue({ email: 'ada@example.com' })
  const two = (await verify(tenant, second.token)).body.data
  t.equal(two.user.id, one.user.id)
  t.strictSame([one.created, two.created], [true, false])
  t.not(two.session.id, one.session.id)
})

t.test('only the holder of a genuine token learns used, expired or superseded', async (t) => {
  const tenant = await newTenant(gateway)
  const used = await tenant.issue()
  await verify(tenant, used.token)
  t.equal((await verify(tenant, used.token)).body.error.code, 'TOKEN_USED')
  const expired = await tenant.issue()
  await expire(expired.id)
  t.equal((await verify(tenant, expired.token)).body.error.code, 'TOKEN_EXPIRED')
  const email = freshEmail()
  const old = await tenant.issue({ email })
  const fresh = await tenant.issue({ email })
  t.equal((await verify(tenant, old.token)).body.error.code, 'TOKEN_SUPERSEDED')
  t.equal((await verify(tenant, fresh.token)).status, 200)
  const revoked = await tenant.issue()
  await tenant.call('DELETE', `/v1/magic-links/${revoked.id}`)
  t.equal((await verify(tenant, revoked.token)).body.error.code, 'INVALID_TOKEN')
  const reasons = (await eventsOf(gateway, tenant.id)).filter((event) => event.kind === 'challenge.refused')
  t.strictSame(
    reasons.map((event) => event.reason),
    ['used', 'expired', 'superseded', 'revoked'],
  )
})

t.test('a damaged token is refused without a database call and the original still works', async (t) => {
  const tenant = await newTenant(gateway)
  const { token } = await tenant.issue()
  const asked = () => Promise.reject(new Error('the database was asked'))
  const noDatabase = Object.assign(asked, { each: asked })
  const feed = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  for (let at = 0; at < token.length; at++) {
    const other = feed[(feed.indexOf(token[at] ?? '') + 1) % 64]
    const damaged = token.slice(0, at) + other + token.slice(at + 1)
    const client = { kind: 'api', userAgent: null, address: null } as const
    const input = { token: damaged, codeVerifier: undefined, client }
    const life = { sessionIdleSeconds: 1, sessionAbsoluteSeconds: 1 }
    const refused = verifyMagicLink(
      gateway.context,
      noDatabase,
      { id: tenant.id, audience: 'x', ...life },
      input,
    )
    await t.rejects(refused, { code: 'INVALID_TOKEN' }, `position ${at}`)
  }
  t.equal((await verify(tenant, token)).status, 200)
})

t.test('a link of one tenant is nothing to another, and stays good', async (t) => {
  const [owner, other] = [await newTenant(gateway), await newTenant(gateway)]
  const { token, id } = await owner.issue()
  t.equal((await verify(other, token)).body.error.code, 'INVALID_TOKEN')
  t.equal((await other.call('GET', `/v1/magic-links/${id}`)).status, 404)
  t.equal((await other.call('DELETE', `/v1/magic-links/${id}`)).status, 404)
  t.equal((await verify(owner, token)).status, 200)
})

t.test('a link bound to a verifier opens only with it, and a wrong one does not spend it', async (t) => {
  const tenant = await newTenant(gateway)
  // RFC 7636, appendix B
  const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
  const { token } = await tenant.issue({ code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' })
  t.equal((await verify(tenant, token)).body.error.code, 'INVALID_TOKEN')
  t.equal(
    (await verify(tenant, token, { code_verifier: verifier.replace('d', 'e') })).body.error.code,
    'INVALID_TOKEN',
  )
  t.equal((await verify(tenant, token, { code_verifier: verifier })).status, 200)
  const plain = await tenant.issue()
  t.equal((await verify(tenant, plain.token, { code_verifier: verifier })).body.error.code, 'INVALID_TOKEN')
})

t.test('a disabled account is told so only after the proof, which is consumed', async (t) => {
  const tenant = await newTenant(gateway)
  const email = freshEmail()
  await verify(tenant, (await tenant.issue({ email })).token)
  await house.admin.query('UPDATE users SET is_active = false WHERE tenant_id = $1', [tenant.id])
  const { token } = await tenant.issue({ email })
  t.equal((await verify(tenant, token)).body.error.code, 'ACCOUNT_DISABLED')
  t.equal((await verify(tenant, token)).body.error.code, 'TOKEN_USED')
  const { rows } = await house.admin.query('SELECT count(*)::int AS n FROM sessions WHERE tenant_id = $1', [
    tenant.id,
  ])
  t.equal(rows[0].n, 1)
})

t.test('a purpose that only proves the address opens no session', async (t) => {
  const tenant = await newTenant(gateway)
  const { token } = await tenant.issue({ purpose: 'verify_email' })
  const { body } = await verify(tenant, token)
  t.equal(body.data.session, null)
  t.equal(body.data.purpose, 'verify_email')
})

t.test('two first links of one address proven at once make one user', async (t) => {
  const tenant = await newTenant(gateway)
  for (let round = 0; round < 30; round++) {
    const email = freshEmail()
    const tokens = [await tenant.issue({ email }), await tenant.issue({ email, purpose: 'onboarding' })]
    const answers = await Promise.all(tokens.map(({ token }) => verify(tenant, token)))
    const users = new Set(answers.map(({ body }) => body.data?.user.id))
    if (users.size !== 1 || answers.some(({ status }) => status !== 200)) t.fail(`round ${round}`)
  }
  t.pass('30 rounds')
})

t.test('a disabled tenant and a revoked key are refused', async (t) => {
  const tenant = await newTenant(gateway)
  const codeOf = async () =>
    (await tenant.call('GET', `/v1/magic-links/${tenant.id}`)).body.error.code as string
  const isRefused = async () => (await codeOf()) === 'UNAUTHENTICATED'
  t.equal(await codeOf(), 'NOT_FOUND')
  await operator(gateway, 'PATCH', `/v1/tenants/${tenant.id}`, { is_active: false })
  await until(isRefused, { deadlineMs: 30_000, what: 'the tenant to be refused' })
  await operator(gateway, 'PATCH', `/v1/tenants/${tenant.id}`, { is_active: true })
  await until(async () => !(await isRefused()), { deadlineMs: 30_000, what: 'the key to be good again' })
  const keys = await operator(gateway, 'GET', `/v1/tenants/${tenant.id}/api-keys`)
  t.equal(
    (await operator(gateway, 'DELETE', `/v1/tenants/${tenant.id}/api-keys/${keys.body.data.items[0].id}`))
      .status,
    200,
  )
  await until(isRefused, { deadlineMs: 30_000, what: 'the key to be refused' })
})
