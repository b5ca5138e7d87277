// A browser's session as it goes on and ends: one cookie follows the other, and each CSRF token goes with its cookie.

import { randomBytes } from 'node:crypto'
import { mintRefreshToken } from '@postern/token/refresh-token'
import t from 'tap'
import { age, changeSession, generationsOf } from '../../session/signed-in.ts'
import { eventsOf, openGateway, openHouse } from '../../setup.ts'
import { browserTenant, CSRF, openPage, type Page, SESSION, VISITOR } from '../browser-page.ts'
import { signedInPage } from '../signed-in-page.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const tenant = await browserTenant(gateway)
const URL = '/v1/browser/session'
const codeIn = (answer: { body: { error: { code: string } | null } }) => answer.body.error?.code
const refresh = (page: Page) => page.send('POST', `${URL}/refresh`)
const isSignedIn = async (page: Page) => (await page.send('GET', URL)).status === 200
const told = async (sessionId: string) =>
  (await eventsOf(gateway, tenant.id)).filter(({ subject }) => subject === `session:${sessionId}`)

/** The same browser a moment earlier. */
const earlier = (page: Page) => {
  const copy = openPage(gateway, page.host)
  for (const [name, value] of page.cookies) copy.cookies.set(name, value)
  return copy
}

t.test('a page learns who is signed in, and nothing that signs in', async (t) => {
  const page = await signedInPage(gateway, tenant)
  const { status, body } = await page.send('GET', URL)
  t.equal(status, 200)
  const { email, userId: id, sessionId } = page
  t.match(body.data, {
    user: { id, email, is_active: true },
    session: { id: sessionId, amr: ['magic_link'] },
  })
  t.same(Object.keys(body.data.session).sort(), ['acr', 'amr', 'created_at', 'expires_at', 'id'])
  t.notMatch(JSON.stringify(body), page.cookies.get(SESSION) ?? '-')
  t.same(page.set(), {}, 'looking changes no cookie')
  const nobody = await openPage(gateway, tenant.host).send('GET', URL)
  t.match(nobody, { status: 401, body: { error: { code: 'UNAUTHENTICATED' } } })
})

t.test(
  'a refresh replaces the cookie and its CSRF token, and the old pair is over after the grace',
  async (t) => {
    const page = await signedInPage(gateway, tenant)
    const before = earlier(page)
    const { status, body } = await refresh(page)
    t.equal(status, 200)
    t.match(body.data, { session: { id: page.sessionId, amr: ['magic_link'] } })
    t.not(page.cookies.get(SESSION), before.cookies.get(SESSION))
    t.not(page.cookies.get(CSRF), before.cookies.get(CSRF))
    t.notMatch(JSON.stringify(body), new RegExp(`eyJ|${page.cookies.get(SESSION)}`))
    t.ok(await isSignedIn(page))
    t.ok(await isSignedIn(before), 'a tab that has not heard of it yet')
    const mixed = earlier(page)
    mixed.cookies.set(CSRF, before.cookies.get(CSRF) ?? '')
    t.equal(codeIn(await refresh(mixed)), 'CSRF_FAILED', 'the old token does not fit the new cookie')
    await age(gateway, page.sessionId, 11)
    t.notOk(await isSignedIn(before))
    t.ok(await isSignedIn(page))
  },
)

t.test('two tabs that refresh at once get the same cookie', async (t) => {
  const page = await signedInPage(gateway, tenant)
  const tabs = Array.from({ length: 20 }, () => earlier(page))
  const answers = await Promise.all(tabs.map(refresh))
  t.same([...new Set(answers.map(({ status }) => status))], [200])
  t.equal(new Set(tabs.map((tab) => tab.cookies.get(SESSION))).size, 1)
  t.equal((await generationsOf(gateway, page.sessionId)).length, 2)
  for (const tab of tabs) t.ok(await isSignedIn(tab))
})

t.test('a cookie that is used again after the grace ends the session, and is taken back', async (t) => {
  const page = await signedInPage(gateway, tenant)
  const thief = earlier(page)
  await refresh(page)
  await age(gateway, page.sessionId, 11)
  t.match(await refresh(thief), { status: 401, body: { error: { code: 'REFRESH_REUSED' } } })
  t.same([...thief.cookies.keys()], [])
  t.notOk(await isSignedIn(page), 'whoever of the two was the thief')
  t.same(
    (await told(page.sessionId)).map(({ kind, actor }) => `${kind} ${actor}`),
    ['session.opened', 'session.refreshed', 'session.refresh_reused'].map(
      (kind) => `${kind} visitor:browser`,
    ),
  )
})

t.test('a session that is over cannot be refreshed, and its cookie is taken back', async (t) => {
  const cases = [
    [`expires_at = now()`, 'TOKEN_EXPIRED'],
    [`idle_expires_at = now()`, 'TOKEN_EXPIRED'],
    [`revoked_at = now()`, 'SESSION_REVOKED'],
  ] as const
  for (const [set, code] of cases) {
    const page = await signedInPage(gateway, tenant)
    await changeSession(gateway, page.sessionId, set)
    t.notOk(await isSignedIn(page), set)
    t.equal(codeIn(await refresh(page)), code)
    t.same([...page.cookies.keys()], [])
  }
  const visitor = openPage(gateway, tenant.host)
  t.equal(codeIn(await visitor.call('POST', `${URL}/refresh`)), 'UNAUTHENTICATED')
  t.ok(visitor.cookies.has(VISITOR), 'a visitor stays one')
})

t.test('a disabled user is signed out', async (t) => {
  const page = await signedInPage(gateway, tenant)
  await house.admin.query('UPDATE users SET is_active = false WHERE id = $1', [page.userId])
  t.notOk(await isSignedIn(page))
  t.equal(codeIn(await refresh(page)), 'ACCOUNT_DISABLED')
})

t.test(
  'signing out ends the session everywhere and takes every cookie back; a repeat answers the same',
  async (t) => {
    const page = await signedInPage(gateway, tenant)
    const copy = earlier(page)
    const { status, body } = await page.send('DELETE', URL)
    t.match({ status, body }, { status: 200, body: { data: { signed_out: true } } })
    t.same([...page.cookies.keys()], [])
    for (const { attributes } of Object.values(page.set())) {
      t.ok(
        ['max-age=0', 'path=/', 'secure'].every((one) => attributes.includes(one)),
        'as only a __Host- cookie may go',
      )
    }
    t.notOk(await isSignedIn(copy))
    t.equal(codeIn(await refresh(earlier(copy))), 'SESSION_REVOKED')
    t.equal((await copy.send('DELETE', URL)).status, 200)
    t.same(
      (await told(page.sessionId)).map(({ kind }) => kind),
      ['session.opened', 'session.revoked'],
    )
    t.equal((await page.call('DELETE', URL)).status, 200, 'a visitor may too')
  },
)

t.test('who knows a session’s id cannot end it: the secret must be right', async (t) => {
  const page = await signedInPage(gateway, tenant)
  const forger = openPage(gateway, tenant.host)
  forger.cookies.set(SESSION, mintRefreshToken(randomBytes(32), { sessionId: page.sessionId }).token)
  t.equal((await forger.call('DELETE', URL)).status, 200)
  t.ok(await isSignedIn(page))
  t.equal(codeIn(await forger.call('POST', `${URL}/refresh`)), 'UNAUTHENTICATED')
  forger.cookies.set(SESSION, mintRefreshToken(randomBytes(32), { sessionId: page.sessionId }).token)
  await forger.send('GET', '/v1/browser/csrf')
  t.equal(codeIn(await refresh(forger)), 'INVALID_TOKEN')
  t.ok(await isSignedIn(page))
})
