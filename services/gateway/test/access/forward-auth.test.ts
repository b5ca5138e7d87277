// What a proxy is told: whose request it is when a session stands, and nothing but no otherwise.

import { randomUUID } from 'node:crypto'
import { until } from '@postern/testkit/poll'
import t from 'tap'
import { changeSession, codeOf, refresh, signIn } from '../session/signed-in.ts'
import { type Answer, bearer, type Gateway, newTenant, openGateway, openHouse } from '../setup.ts'
import { forgery } from './forge.ts'
import { untilUnread } from './unread.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const tenant = await newTenant(gateway)
const ask = (
  token: string | undefined,
  query = `tenant=${tenant.id}`,
  of: Gateway = gateway,
): Promise<Answer> =>
  of.call({ method: 'GET', url: `/v1/forward-auth?${query}`, ...(token && { headers: bearer(token) }) })
const isTold = ({ headers }: Answer) => Object.keys(headers).some((name) => name.startsWith('x-postern-'))
const now = () => Math.floor(Date.now() / 1_000)

t.test('a live session is answered with its user, itself and its tenant, and no body', async (t) => {
  const { accessToken, userId, sessionId } = await signIn(tenant)
  for (const id of [tenant.id, tenant.id.toUpperCase()]) {
    const { status, headers, body } = await ask(accessToken, `tenant=${id}`)
    t.equal(status, 204)
    t.match(headers, {
      'x-postern-user': userId,
      'x-postern-session': sessionId,
      'x-postern-tenant': tenant.id,
      'cache-control': 'no-store',
    })
    t.equal(body, null)
  }
})

t.test('a proxy that does not name one tenant is set up wrongly: 400', async (t) => {
  const { accessToken } = await signIn(tenant)
  const { id } = tenant
  const odd = ['', 'tenant=', 'tenant=x', `tenant=${id}&tenant=${id}`, `tenant=${id}&user=x`]
  const more = ['require=', 'require=phone', 'acr=', 'acr=urn:other', 'status=201'].map(
    (m) => `tenant=${id}&${m}`,
  )
  for (const query of [...odd, ...more]) {
    const answer = await ask(accessToken, query)
    t.equal(answer.status, 400, query)
    t.equal(isTold(answer), false)
  }
})

t.test('without a bearer token it asks for one', async (t) => {
  const { accessToken } = await signIn(tenant)
  for (const authorization of [undefined, '', 'Bearer', 'Bearer ', `Basic ${btoa('a:b')}`, accessToken]) {
    const answer = await gateway.call({
      method: 'GET',
      url: `/v1/forward-auth?tenant=${tenant.id}`,
      ...(authorization !== undefined && { headers: { authorization } }),
    })
    t.equal(answer.status, 401)
    t.equal(codeOf(answer), 'UNAUTHENTICATED')
    t.equal(answer.headers['www-authenticate'], 'Bearer realm="postern"')
  }
})

t.test('every forgery is refused, and Postgres is not asked about any', async (t) => {
  const { accessToken, refreshToken } = await signIn(tenant)
  const { attacks } = await forgery(gateway, accessToken)
  const { 'another audience': audience, ...unsigned } = attacks
  const others = {
    'an API key': tenant.key,
    'a refresh token': refreshToken,
    'a cut one': accessToken.slice(0, -1),
  }
  await untilUnread(gateway, async () => {
    for (const [name, token] of Object.entries({ ...unsigned, ...others })) {
      const answer = await ask(token)
      t.equal(answer.status, 401, name)
      t.equal(codeOf(answer), 'INVALID_TOKEN', name)
      t.equal(isTold(answer), false)
    }
  })
  t.equal(codeOf(await ask(audience)), 'INVALID_TOKEN', 'its key is ours, so its tenant is looked at')
  t.equal((await ask(accessToken)).status, 204, 'the original works')
})

t.test(
  'a genuine token is refused for another tenant, after its time, and without its session',
  async (t) => {
    const { accessToken } = await signIn(tenant)
    const stranger = await newTenant(gateway)
    t.equal(codeOf(await ask(accessToken, `tenant=${stranger.id}`)), 'INVALID_TOKEN')
    const { withClaims } = await forgery(gateway, accessToken)
    t.equal(codeOf(await ask(withClaims({ iat: now() - 700, exp: now() - 100 }))), 'TOKEN_EXPIRED')
    t.equal(codeOf(await ask(withClaims({ exp: now() - 1 }), `tenant=${stranger.id}`)), 'INVALID_TOKEN')
    t.equal(codeOf(await ask(withClaims({ sid: randomUUID() }))), 'INVALID_TOKEN')
    t.equal(codeOf(await ask(withClaims({ sub: randomUUID() }))), 'INVALID_TOKEN')
  },
)

t.test('a remembered token ends with its time', async (t) => {
  const { accessToken } = await signIn(tenant)
  const { withClaims } = await forgery(gateway, accessToken)
  const token = withClaims({ exp: now() + 5 })
  t.equal((await ask(token)).status, 204)
  const ended = async () => (await ask(token)).status !== 204
  await until(ended, { deadlineMs: 30_000, what: 'the end of its time' })
  t.equal(codeOf(await ask(token)), 'TOKEN_EXPIRED')
})

t.test('what was looked up once is answered from memory', async (t) => {
  const { accessToken } = await signIn(tenant)
  await ask(accessToken)
  await untilUnread(gateway, async () => {
    for (let n = 0; n < 50; n++) t.equal((await ask(accessToken)).status, 204)
  })
})

t.test('a proven address can be demanded; who proves it is let in', async (t) => {
  const { accessToken } = await signIn(tenant)
  const query = `tenant=${tenant.id}&require=email_verified`
  t.equal((await ask(accessToken, query)).status, 204)
  const other = await signIn(tenant)
  const verified = (at: string, id: string) =>
    house.admin.query(`UPDATE users SET email_verified_at = ${at} WHERE id = $1`, [id])
  await verified('NULL', other.userId)
  const refused = await ask(other.accessToken, query)
  t.equal(refused.status, 403)
  t.equal(codeOf(refused), 'EMAIL_NOT_VERIFIED')
  t.equal(isTold(refused), false)
  t.equal((await ask(other.accessToken)).status, 204, 'only where it is demanded')
  await verified('now()', other.userId)
  const isLetIn = async () => (await ask(other.accessToken, query)).status === 204
  await until(isLetIn, { deadlineMs: 30_000, what: 'the proof to be known' })
})

t.test('more than was proven can be demanded: the step-up challenge of RFC 9470', async (t) => {
  const { accessToken, sessionId, refreshToken } = await signIn(tenant)
  const multi = 'urn:postern:acr:multi-factor'
  const query = `tenant=${tenant.id}&acr=${multi}`
  t.equal((await ask(accessToken, `tenant=${tenant.id}&acr=urn:postern:acr:one-factor`)).status, 204)
  const answer = await ask(accessToken, query)
  t.equal(answer.status, 401)
  t.equal(codeOf(answer), 'UNAUTHENTICATED')
  const challenge = `Bearer realm="postern", error="insufficient_user_authentication", acr_values="${multi}"`
  t.equal(answer.headers['www-authenticate'], challenge)
  t.equal(isTold(answer), false)
  await changeSession(gateway, sessionId, `acr = '${multi}', amr = '{magic_link,totp}'`)
  t.equal((await ask(accessToken, query)).status, 401, 'a token says what was proven when it was made')
  const raised = (await refresh(tenant, refreshToken)).body.data.session.access_token
  t.equal((await ask(raised, query)).status, 204)
})

t.test('Envoy asks with any method and takes 200 for a yes', async (t) => {
  const { accessToken, userId } = await signIn(tenant)
  for (const method of ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
    const url = `/v1/forward-auth?tenant=${tenant.id}&status=200`
    const { status, headers } = await gateway.call({ method, url, headers: bearer(accessToken) })
    t.equal(status, 200, method)
    t.equal(headers['x-postern-user'], userId)
    t.equal((await gateway.call({ method, url })).status, 401)
  }
})

t.test('a proxy asks as often as it likes, and its other requests count as ever', async (t) => {
  const few = await openGateway(t, { ...house, env: { ...house.env, POSTERN_ADDRESS_LIMIT: '5' } })
  const { accessToken } = await signIn(tenant)
  for (let n = 0; n < 30; n++) t.equal((await ask(accessToken, undefined, few)).status, 204)
  const statuses = []
  for (let n = 0; n < 7; n++) statuses.push((await few.call({ method: 'GET', url: '/v1/sessions' })).status)
  t.same(statuses.slice(5), [429, 429])
})
