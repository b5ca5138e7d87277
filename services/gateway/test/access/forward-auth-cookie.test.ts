// A proxy asks about a browser's cookie: what only reads passes with the cookie alone, what changes something needs the
// CSRF token of that very browser too.

import { randomBytes } from 'node:crypto'
import { until } from '@postern/testkit/poll'
import { mintCsrfToken } from '@postern/token/csrf-token'
import { mintRefreshToken } from '@postern/token/refresh-token'
import t from 'tap'
import {
  type BrowserTenant,
  browserTenant,
  CSRF,
  openPage,
  type Page,
  SESSION,
} from '../browser/browser-page.ts'
import { signedInPage } from '../browser/signed-in-page.ts'
import { plantCode } from '../challenge/planted-code.ts'
import { age, codeOf, signIn } from '../session/signed-in.ts'
import { type Answer, openGateway, openHouse } from '../setup.ts'
import { untilUnread } from './unread.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const tenant = await browserTenant(gateway, {}, ['challenges:write', 'challenges:verify', 'sessions:write'])
const URL = '/v1/browser/session'

interface Asked {
  of?: BrowserTenant
  query?: string
  headers?: Record<string, string>
  method?: 'GET' | 'POST' | 'DELETE'
}

/** As a proxy passes it on: the browser's cookies, and what the page wrote into the header. */
function ask(
  cookies: Map<string, string>,
  { of = tenant, query = '', headers = {}, method = 'GET' }: Asked = {},
) {
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  return gateway.call({
    method,
    url: `/v1/forward-auth?tenant=${of.id}${query}`,
    headers: { cookie, ...headers },
  })
}
const isTold = ({ headers }: Answer) => Object.keys(headers).some((name) => name.startsWith('x-postern-'))
const posting = { 'x-original-method': 'POST' }
const withToken = (page: Page) => ({ ...posting, 'x-csrf-token': page.cookies.get(CSRF) ?? '' })

t.test('the cookie tells whose request it is, and is answered from memory', async (t) => {
  const page = await signedInPage(gateway, tenant)
  const first = await ask(page.cookies)
  t.match(first, {
    status: 204,
    headers: {
      'x-postern-user': page.userId,
      'x-postern-session': page.sessionId,
      'x-postern-tenant': tenant.id,
    },
  })
  await untilUnread(gateway, async () => {
    for (let times = 0; times < 5; times++) t.equal((await ask(page.cookies)).status, 204)
    t.equal((await ask(page.cookies, { headers: withToken(page) })).status, 204)
  })
})

t.test('what changes something needs the CSRF token, whoever says that it does', async (t) => {
  const page = await signedInPage(gateway, tenant)
  const stranger = await signedInPage(gateway, tenant)
  const ways: Asked[] = [
    { headers: posting },
    { headers: { 'x-original-method': 'delete' } },
    { headers: { 'x-original-method': 'BREW' } },
    { headers: { 'x-original-method': '' } },
    { headers: { 'x-forwarded-method': 'PUT' } },
    { headers: { 'x-original-method': 'POST', 'x-forwarded-method': 'GET' } },
    { method: 'POST', query: '&status=200' },
  ]
  for (const way of ways) {
    const without = await ask(page.cookies, way)
    t.equal(codeOf(without), 'CSRF_FAILED', JSON.stringify(way))
    t.equal(without.status, 403)
    t.notOk(isTold(without))
    const token = page.cookies.get(CSRF) ?? ''
    const right = await ask(page.cookies, { ...way, headers: { ...way.headers, 'x-csrf-token': token } })
    t.ok([200, 204].includes(right.status))
  }
  const foreign = stranger.cookies.get(CSRF) ?? ''
  const planted = new Map(page.cookies).set(CSRF, foreign)
  t.equal(codeOf(await ask(planted, { headers: { ...posting, 'x-csrf-token': foreign } })), 'CSRF_FAILED')
  t.equal(
    codeOf(await ask(page.cookies, { headers: { ...posting, 'x-csrf-token': foreign } })),
    'CSRF_FAILED',
  )
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'get']) {
    t.equal((await ask(page.cookies, { headers: { 'x-original-method': method } })).status, 204, method)
  }
})

t.test('a bearer token needs no CSRF token, and goes before the cookie', async (t) => {
  const { accessToken, userId } = await signIn(tenant)
  const page = await signedInPage(gateway, tenant)
  const answer = await ask(page.cookies, { headers: { ...posting, authorization: `Bearer ${accessToken}` } })
  t.match(answer, { status: 204, headers: { 'x-postern-user': userId } })
  const broken = await ask(page.cookies, { headers: { authorization: 'Bearer x' } })
  t.equal(codeOf(broken), 'INVALID_TOKEN', 'what came first is not passed over')
})

t.test('what is no session’s cookie opens nothing', async (t) => {
  const page = await signedInPage(gateway, tenant)
  const other = await browserTenant(gateway)
  const api = await signIn(tenant)
  const forged = mintRefreshToken(randomBytes(32), { sessionId: page.sessionId }).token
  const visitor = openPage(gateway, tenant.host)
  await visitor.call('GET', '/v1/browser/csrf')
  const cases: [string, Map<string, string>, string, BrowserTenant?][] = [
    ['none', new Map(), 'UNAUTHENTICATED'],
    ['a visitor’s', visitor.cookies, 'UNAUTHENTICATED'],
    ['damaged', new Map([[SESSION, 'x']]), 'UNAUTHENTICATED'],
    ['forged for a session that is known', new Map([[SESSION, forged]]), 'INVALID_TOKEN'],
    ['a refresh token of the API', new Map([[SESSION, api.refreshToken]]), 'INVALID_TOKEN'],
    ['another tenant’s', page.cookies, 'INVALID_TOKEN', other],
  ]
  for (const [what, cookies, code, of = tenant] of cases) {
    const answer = await ask(cookies, { of })
    t.equal(answer.status, 401, what)
    t.equal(codeOf(answer), code, what)
    t.notOk(isTold(answer))
  }
})

t.test('a session that ended is refused, though its cookie was remembered', async (t) => {
  const ends: [string, (page: Awaited<ReturnType<typeof signedInPage>>) => Promise<unknown>][] = [
    ['signed out', (page) => page.send('DELETE', URL)],
    ['ended by the back end', ({ sessionId }) => tenant.call('DELETE', `/v1/sessions/${sessionId}`)],
  ]
  for (const [what, end] of ends) {
    const page = await signedInPage(gateway, tenant)
    const copy = new Map(page.cookies)
    t.equal((await ask(copy)).status, 204)
    t.equal((await end(page)) !== undefined, true)
    const refused = async () => (await ask(copy)).status === 401
    await until(refused, { deadlineMs: 30_000, what })
  }
})

t.test('a cookie that was replaced passes in the grace of its rotation and not after it', async (t) => {
  const page = await signedInPage(gateway, tenant)
  const before = new Map(page.cookies)
  await page.send('POST', `${URL}/refresh`)
  t.equal((await ask(before)).status, 204, 'a request on its way')
  t.equal((await ask(page.cookies)).status, 204)
  const late = await signedInPage(gateway, tenant)
  const old = new Map(late.cookies)
  await late.send('POST', `${URL}/refresh`)
  await age(gateway, late.sessionId, 11)
  t.equal((await ask(old)).status, 401)
  t.equal((await ask(late.cookies)).status, 204)
})

t.test('a cookie tells what was proven when it was given', async (t) => {
  const page = await signedInPage(gateway, tenant)
  const demand = { query: `&acr=${encodeURIComponent('urn:postern:acr:multi-factor')}` }
  const less = await ask(page.cookies, demand)
  t.equal(less.status, 401)
  t.match(String(less.headers['www-authenticate']), /insufficient_user_authentication/)
  const to = `+4915${String(Math.floor(Math.random() * 1e9)).padStart(9, '0')}`
  await house.admin.query(
    `INSERT INTO identifiers (tenant_id, kind, identity_key, user_id, verified_at) VALUES ($1, 'phone', $2, $3, now())`,
    [tenant.id, to, page.userId],
  )
  const planted = await plantCode(gateway, tenant, { to, purpose: 'step_up', sessionId: page.sessionId })
  const first = new Map(page.cookies)
  await page.send('POST', `${URL}/refresh`)
  const second = new Map(page.cookies)
  const raised = await page.call('POST', URL, { otp_id: planted.id, code: planted.code })
  t.match(raised.body.data.session, { acr: 'urn:postern:acr:multi-factor' })
  for (const stolen of [first, second]) {
    t.equal((await ask(stolen, demand)).status, 401, 'a copy from before is raised by nobody')
    const cookie = `${SESSION}=${stolen.get(SESSION)}`
    t.equal(
      (await gateway.call({ method: 'GET', url: URL, headers: { cookie, host: tenant.host } })).status,
      401,
    )
  }
  t.equal((await ask(page.cookies, demand)).status, 204)
})

t.test('the address that is demanded is looked at again', async (t) => {
  const page = await signedInPage(gateway, tenant)
  t.equal((await ask(page.cookies, { query: '&require=email_verified' })).status, 204)
  await house.admin.query('UPDATE users SET email_verified_at = NULL WHERE id = $1', [page.userId])
  const fresh = await openGateway(t, house)
  const cookie = [...page.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const url = `/v1/forward-auth?tenant=${tenant.id}&require=email_verified`
  t.match(await fresh.call({ method: 'GET', url, headers: { cookie } }), {
    status: 403,
    body: { error: { code: 'EMAIL_NOT_VERIFIED' } },
  })
})

t.test('in an emergency no token is asked for', async (t) => {
  const open = await openGateway(t, { ...house, env: { ...house.env, POSTERN_CSRF_ENABLED: 'false' } })
  t.ok(
    open.logs.lines().some(({ level, setting }) => level === 'error' && setting === 'POSTERN_CSRF_ENABLED'),
  )
  const page = await signedInPage(gateway, tenant)
  const cookie = `${SESSION}=${page.cookies.get(SESSION)}`
  const url = `/v1/forward-auth?tenant=${tenant.id}`
  t.equal((await open.call({ method: 'GET', url, headers: { cookie, ...posting } })).status, 204)
})

t.test('a CSRF token that was made for another tenant is none', async (t) => {
  const page = await signedInPage(gateway, tenant)
  const other = await browserTenant(gateway)
  const cookie = { kind: 'session' as const, value: page.cookies.get(SESSION) ?? '' }
  const token = mintCsrfToken(gateway.context.csrf, { tenantId: other.id, cookie }, randomBytes(16))
  const cookies = new Map(page.cookies).set(CSRF, token)
  t.equal(codeOf(await ask(cookies, { headers: { ...posting, 'x-csrf-token': token } })), 'CSRF_FAILED')
})
