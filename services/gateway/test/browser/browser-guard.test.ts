// What no route of browser mode lets pass, whichever route it is.

import { randomBytes } from 'node:crypto'
import { mintCsrfToken } from '@postern/token/csrf-token'
import { createKeyRing } from '@postern/token/key-ring'
import { mintRefreshToken } from '@postern/token/refresh-token'
import t from 'tap'
import { BANK, firstKey, guardedApp, SHOP, secondKey } from './guarded-app.ts'

type Guarded = Awaited<ReturnType<typeof guardedApp>>

const visitor = { kind: 'visitor' as const, value: randomBytes(32).toString('base64url') }
const sessionId = '019a9f3c-3333-7abc-8def-0123456789ab'
const sessionOf = () => ({
  kind: 'session' as const,
  value: mintRefreshToken(randomBytes(32), { sessionId }).token,
})
const NAMES = { visitor: '__Host-postern_visitor', session: '__Host-postern_session' }

interface Page {
  host?: string
  origin?: string | undefined
  site?: string
  cookie?: { kind: 'visitor' | 'session'; value: string }
  token?: string
  /** In the header, where it is another one than in the cookie; null: none. */
  header?: string | null
  method?: 'POST' | 'GET' | 'PUT' | 'PATCH' | 'DELETE'
  url?: string
  more?: Record<string, string>
}

/** Sends what a page of the shop's would send, but for what is said otherwise. */
async function send({ app, csrf }: Guarded, page: Page = {}) {
  const cookie = page.cookie ?? visitor
  const token = page.token ?? mintCsrfToken(csrf, { tenantId: SHOP.id, cookie }, randomBytes(16))
  const header = page.header === undefined ? token : page.header
  const origin = 'origin' in page ? page.origin : 'https://shop.test'
  const headers: Record<string, string> = {
    host: page.host ?? 'shop.test',
    cookie: `${NAMES[cookie.kind]}=${cookie.value}; __Host-XSRF-TOKEN=${token}`,
    ...(header !== null && { 'x-csrf-token': header }),
    ...(origin !== undefined && { origin }),
    ...(page.site !== undefined && { 'sec-fetch-site': page.site }),
    ...page.more,
  }
  const method = page.method ?? 'POST'
  const answer = await app.inject({ method, url: page.url ?? '/v1/browser/change', headers })
  const code: string | undefined = answer.json().error?.code
  return { status: answer.statusCode, code, body: answer.json(), headers: answer.headers }
}

t.test('a page of the tenant’s with its browser’s token passes, and its tenant is known', async (t) => {
  const guarded = await guardedApp(t)
  const answer = await send(guarded)
  t.match(answer, { status: 200, body: { tenant: SHOP.id, cookie: visitor } })
  const session = sessionOf()
  t.match(await send(guarded, { cookie: session }), { status: 200, body: { cookie: session } })
})

t.test('a host that is no tenant’s has no browser mode', async (t) => {
  const guarded = await guardedApp(t)
  for (const host of [
    'evil.test',
    'shop.test.evil.test',
    'sub.shop.test',
    'shop.test.',
    '',
    'shop test',
    '[::1]',
  ]) {
    t.match(await send(guarded, { host }), { status: 404, code: 'NOT_FOUND' }, host)
    t.match(await send(guarded, { host, method: 'GET', url: '/v1/browser/look' }), { code: 'NOT_FOUND' })
  }
  t.match(await send(guarded, { host: 'localhost:4001' }), { code: 'NOT_FOUND' }, 'a port that is not listed')
  t.equal((await send(guarded, { host: 'shop.test:8443' })).status, 200, 'any port where none is listed')
  t.equal((await send(guarded, { host: 'SHOP.test' })).status, 200)
  t.equal(guarded.seen.changes, 2)
})

t.test('the origin must be on the list, and a change must name one', async (t) => {
  const guarded = await guardedApp(t)
  for (const origin of [
    'https://evil.test',
    'https://shop.test.evil.test',
    'https://sub.shop.test',
    'https://bank.test',
    'http://shop.test',
    'https://shop.test@evil.test',
    'https://evil.test/shop.test',
    'https://shop.test/',
    'https://shop.test, https://evil.test',
    'shop.test',
    'null',
    '',
    undefined,
  ]) {
    t.match(await send(guarded, { origin }), { status: 403, code: 'CSRF_FAILED' }, origin ?? 'none')
  }
  t.equal(guarded.seen.changes, 0)
  t.equal((await send(guarded, { origin: 'https://localhost:4000' })).status, 200, 'another of its hosts')
})

t.test('a page without TLS counts at a desk only', async (t) => {
  const desk = await guardedApp(t, { plainHttp: true })
  t.equal((await send(desk, { origin: 'http://shop.test' })).status, 200)
  t.equal((await send(desk, { origin: 'http://evil.test' })).status, 403)
})

t.test(
  'what the browser says of the sender counts: other sites, and persons without a page, change nothing',
  async (t) => {
    const guarded = await guardedApp(t)
    for (const site of ['cross-site', 'none', 'same-sites', 'SAME-ORIGIN', '', 'same-origin, cross-site']) {
      t.match(await send(guarded, { site }), { status: 403, code: 'CSRF_FAILED' }, site)
    }
    for (const site of ['same-origin', 'same-site'])
      t.equal((await send(guarded, { site })).status, 200, site)
    t.equal((await send(guarded, { site: 'same-site', origin: 'https://sub.shop.test' })).status, 403)
    const look = { method: 'GET', url: '/v1/browser/look', origin: undefined } as const
    for (const site of ['same-origin', 'none'])
      t.equal((await send(guarded, { ...look, site })).status, 200, site)
    for (const site of ['cross-site', 'same-site'])
      t.equal((await send(guarded, { ...look, site })).status, 403, site)
    t.equal((await send(guarded, { ...look, origin: 'https://evil.test' })).status, 403)
    t.equal((await send(guarded, { ...look, header: null })).status, 200, 'reading needs no token')
  },
)

t.test('a token that is missing, foreign or of another kind changes nothing', async (t) => {
  const guarded = await guardedApp(t)
  const { csrf } = guarded
  const mint = (tenantId: string, cookie: Page['cookie'] = visitor) =>
    mintCsrfToken(csrf, { tenantId, cookie }, randomBytes(16))
  const good = mint(SHOP.id)
  const theirs = { ...visitor, value: randomBytes(32).toString('base64url') }
  const session = sessionOf()
  const cases: [string, Page][] = [
    ['no header', { header: null }],
    ['an empty header', { header: '' }],
    ['no cookie', { header: good, more: { cookie: `${NAMES.visitor}=${visitor.value}` } }],
    ['neither', { header: null, more: { cookie: '' } }],
    ['another good token in the header than in the cookie', { header: mint(SHOP.id) }],
    ['another visitor’s token', { token: mint(SHOP.id, theirs) }],
    ['a visitor’s token beside a session', { token: good, cookie: session }],
    ['another session’s token', { token: mint(SHOP.id, sessionOf()), cookie: session }],
    ['a session’s token without the session', { token: mint(SHOP.id, session) }],
    ['another tenant’s token', { token: mint(BANK.id) }],
    [
      'a token without any cookie it could belong to',
      { token: good, more: { cookie: `__Host-XSRF-TOKEN=${good}` } },
    ],
    ['one that is made up', { token: randomBytes(50).toString('base64url') }],
    ['one with a spare bit set', { token: `${good.slice(0, -1)}${good.endsWith('A') ? 'B' : 'Z'}` }],
    ['the visitor’s id itself', { token: visitor.value }],
    ['a token written twice', { token: good + good }],
  ]
  for (const [what, page] of cases) {
    t.match(await send(guarded, page), { status: 403, code: 'CSRF_FAILED', body: { data: null } }, what)
  }
  t.equal(guarded.seen.changes, 0, 'nothing behind the guard ran')
  t.equal((await send(guarded, { token: good })).status, 200, 'and the right one still passes')
  t.notMatch(
    guarded.logs.text(),
    new RegExp(`${good}|${visitor.value}|${session.value}`),
    'nothing of it is logged',
  )
})

t.test('every method that changes something asks for the token', async (t) => {
  const guarded = await guardedApp(t)
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
    t.equal((await send(guarded, { method, header: null })).status, 403, method)
    t.equal((await send(guarded, { method })).status, 200, method)
  }
})

t.test('the second tenant’s host takes no token of the first one’s', async (t) => {
  const guarded = await guardedApp(t)
  const atBank = { host: 'bank.test', origin: 'https://bank.test' }
  t.match(await send(guarded, atBank), { status: 403, code: 'CSRF_FAILED' })
  t.equal(guarded.seen.changes, 0)
})

t.test('a rotated key writes, the old one still reads, and what is gone reads no more', async (t) => {
  const guarded = await guardedApp(t)
  const old = mintCsrfToken(guarded.csrf, { tenantId: SHOP.id, cookie: visitor }, randomBytes(16))
  guarded.csrf.replace(createKeyRing('csrf', [firstKey, secondKey]))
  t.equal((await send(guarded, { token: old })).status, 200)
  t.equal((await send(guarded)).status, 200)
  guarded.csrf.replace(createKeyRing('csrf', [secondKey]))
  t.equal((await send(guarded, { token: old })).status, 403)
})

t.test('switched off, no token is asked for, but the origin is, and the log says so loudly', async (t) => {
  const guarded = await guardedApp(t, { csrfEnabled: false })
  t.match(guarded.logs.lines()[0], { level: 'error', setting: 'POSTERN_CSRF_ENABLED' })
  t.equal((await send(guarded, { header: null, more: { cookie: '' } })).status, 200)
  t.equal((await send(guarded, { header: null, origin: 'https://evil.test' })).status, 403)
  t.equal((await send(guarded, { header: null, site: 'cross-site' })).status, 403)
})

t.test('the host is the proxy’s word only where the proxy is trusted', async (t) => {
  const more = { 'x-forwarded-host': 'bank.test' }
  const alone = await guardedApp(t)
  t.match((await send(alone, { more })).body, { tenant: SHOP.id })
  const behind = await guardedApp(t, { trustProxy: ['127.0.0.0/8'] })
  t.match(await send(behind, { more }), { status: 403, code: 'CSRF_FAILED' }, 'it is the bank’s host now')
  t.match((await send(behind)).body, { tenant: SHOP.id })
})

t.test('no other origin is let in by CORS, and other routes are not guarded', async (t) => {
  const guarded = await guardedApp(t)
  const preflight = await guarded.app.inject({
    method: 'OPTIONS',
    url: '/v1/browser/change',
    headers: { host: 'shop.test', origin: 'https://shop.test', 'access-control-request-method': 'POST' },
  })
  t.equal(preflight.statusCode, 405)
  const answers = [
    preflight.headers,
    (await send(guarded)).headers,
    (await send(guarded, { origin: 'null' })).headers,
  ]
  for (const headers of answers)
    t.notOk(Object.keys(headers).some((name) => name.startsWith('access-control-')))
  t.equal((await guarded.app.inject({ url: '/elsewhere' })).statusCode, 200)
})
