// Introspection tells what Postgres says now, to whoever may read sessions, about tokens of their own tenant.

import { randomBytes } from 'node:crypto'
import { mintRefreshToken } from '@postern/token/refresh-token'
import t from 'tap'
import { changeSession, claimsOf, codeOf, refresh, signIn } from '../session/signed-in.ts'
import { bearer, newTenant, openGateway, openHouse, type Tenant } from '../setup.ts'
import { forgery } from './forge.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const tenant = await newTenant(gateway)
const introspect = async (token: string, of: Tenant = tenant) =>
  (await of.call('POST', '/v1/introspect', { token })).body
const INACTIVE = { active: false }

t.test('an access token is told with its claims and its user’s proof, as JSON and as a form', async (t) => {
  const { accessToken, email } = await signIn(tenant)
  const { iss, aud, sub, sid, tid, amr, acr, iat, exp, jti } = claimsOf(accessToken)
  const { rows } = await house.admin.query('SELECT email_verified_at FROM users WHERE email = $1', [email])
  const expected = {
    ...{ active: true, token_type: 'Bearer', iss, aud, sub, sid, tid, amr, acr, iat, exp, jti },
    email_verified_at: rows[0].email_verified_at.toISOString(),
  }
  t.strictSame(await introspect(accessToken), expected)
  for (const hint of ['', '&token_type_hint=access_token', '&token_type_hint=refresh_token']) {
    const answer = await gateway.call({
      method: 'POST',
      url: '/v1/introspect',
      headers: { ...bearer(tenant.key), 'content-type': 'application/x-www-form-urlencoded' },
      payload: `token=${accessToken}${hint}`,
    })
    t.equal(answer.status, 200)
    t.equal(answer.headers['cache-control'], 'no-store')
    t.strictSame(answer.body, expected)
  }
})

t.test('a refresh token is told as what it is', async (t) => {
  const { refreshToken, accessToken, userId, sessionId } = await signIn(tenant)
  const { aud, iss, acr } = claimsOf(accessToken)
  const told = await introspect(refreshToken)
  t.match(told, {
    ...{
      active: true,
      token_type: 'refresh_token',
      iss,
      aud,
      sub: userId,
      sid: sessionId,
      tid: tenant.id,
      acr,
    },
    amr: ['magic_link'],
    email_verified_at: /Z$/,
  })
  t.ok(told.exp - told.iat > 2_591_000 && told.exp - told.iat <= 2_592_001)
  t.notOk('jti' in told)
})

t.test('an address that is not proven is told as null', async (t) => {
  const { accessToken, userId } = await signIn(tenant)
  await house.admin.query('UPDATE users SET email_verified_at = NULL WHERE id = $1', [userId])
  t.equal((await introspect(accessToken)).email_verified_at, null)
})

t.test('whatever is not good is told alike: nothing but inactive', async (t) => {
  const { accessToken, refreshToken, sessionId } = await signIn(tenant)
  const { attacks, withClaims } = await forgery(gateway, accessToken)
  const past = Math.floor(Date.now() / 1_000) - 1
  const bad: Record<string, string> = {
    ...attacks,
    expired: withClaims({ exp: past }),
    'of another tenant by its claim': withClaims({ tid: sessionId }),
    'of no session': withClaims({ sid: tenant.id }),
    'of another user': withClaims({ sub: tenant.id }),
    'an API key': tenant.key,
    'not a token': 'x',
    'two parts': 'a.b',
    'a forged refresh token': mintRefreshToken(randomBytes(32), { sessionId }).token,
    'a cut refresh token': refreshToken.slice(1),
  }
  for (const [name, token] of Object.entries(bad)) t.strictSame(await introspect(token), INACTIVE, name)
  const stranger = await newTenant(gateway)
  for (const token of [accessToken, refreshToken]) t.strictSame(await introspect(token, stranger), INACTIVE)
  await refresh(tenant, refreshToken)
  t.strictSame(await introspect(refreshToken), INACTIVE, 'spent, though its grace goes on')
  await changeSession(gateway, sessionId, `kind = 'browser'`)
  const next = (await signIn(tenant)).refreshToken
  t.equal((await introspect(next)).active, true)
})

t.test('what Postgres says counts, whatever is remembered', async (t) => {
  const ends: Record<string, string> = {
    revoked: 'UPDATE sessions SET revoked_at = now() WHERE id = $1',
    idle: 'UPDATE sessions SET idle_expires_at = now() WHERE id = $1',
    'at its end': 'UPDATE sessions SET expires_at = now() WHERE id = $1',
    'disabled user':
      'UPDATE users SET is_active = false WHERE id = (SELECT user_id FROM sessions WHERE id = $1)',
  }
  for (const [name, end] of Object.entries(ends)) {
    const { accessToken, refreshToken, sessionId } = await signIn(tenant)
    const url = `/v1/forward-auth?tenant=${tenant.id}`
    t.equal((await gateway.call({ method: 'GET', url, headers: bearer(accessToken) })).status, 204)
    t.equal((await introspect(accessToken)).active, true)
    await house.admin.query(end, [sessionId])
    t.strictSame(await introspect(accessToken), INACTIVE, name)
    t.strictSame(await introspect(refreshToken), INACTIVE, name)
  }
})

t.test("a browser's secret is not the API's to ask about", async (t) => {
  const { refreshToken, sessionId } = await signIn(tenant)
  await changeSession(gateway, sessionId, `kind = 'browser'`)
  t.strictSame(await introspect(refreshToken), INACTIVE)
})

t.test('it needs the scope and one token, and takes forms here alone', async (t) => {
  const { accessToken } = await signIn(tenant)
  const writer = await newTenant(gateway, ['sessions:write'])
  t.equal(codeOf(await writer.call('POST', '/v1/introspect', { token: accessToken })), 'FORBIDDEN')
  const form = (url: string, payload: string, type = 'application/x-www-form-urlencoded') =>
    gateway.call({
      method: 'POST',
      url,
      headers: { ...bearer(tenant.key), 'content-type': type },
      payload,
    })
  for (const payload of [
    '',
    'token=',
    'token=a&token=b',
    'token=a&client_id=b',
    `token=${'a'.repeat(4_097)}`,
  ]) {
    t.equal((await form('/v1/introspect', payload)).status, 400, payload.slice(0, 30))
  }
  t.equal((await form('/v1/introspect', 'token=a', 'text/plain')).status, 415)
  t.equal((await form('/v1/sessions/refresh', 'refresh_token=a')).status, 415)
  t.equal(
    (await gateway.call({ method: 'POST', url: '/v1/introspect', payload: { token: 'a' } })).status,
    401,
  )
})

t.test('where Postgres is away nothing is called inactive: 503', async (t) => {
  const { accessToken } = await signIn(tenant)
  const limit = (n: number) => house.admin.query(`ALTER DATABASE ${house.data.name} CONNECTION LIMIT ${n}`)
  await limit(0)
  await house.admin.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename = 'postern_gateway'`,
    [house.data.name],
  )
  const answer = await tenant.call('POST', '/v1/introspect', { token: accessToken })
  await limit(-1)
  t.equal(answer.status, 503)
})

t.test('of many that are asked about at once each is told as its own', async (t) => {
  const signedIn = await Promise.all(Array.from({ length: 20 }, () => signIn(tenant)))
  const ended = signedIn.filter((_, at) => at % 3 === 0)
  await Promise.all(
    ended.map(({ sessionId }) => house.admin.query('DELETE FROM sessions WHERE id = $1', [sessionId])),
  )
  const asked = signedIn.flatMap((one) => {
    const forged = mintRefreshToken(randomBytes(32), { sessionId: one.sessionId }).token
    return [one.accessToken, one.refreshToken, forged].map((token) => ({ one, token }))
  })
  const answers = await Promise.all(asked.map(({ token }) => introspect(token)))
  for (const [at, { one, token }] of asked.entries()) {
    const isActive = !ended.includes(one) && (token === one.accessToken || token === one.refreshToken)
    t.match(answers[at], isActive ? { active: true, sub: one.userId, sid: one.sessionId } : INACTIVE)
  }
})
