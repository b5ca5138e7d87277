// Every route of browser mode that changes something, taken from the router: without its browser's token it does nothing.

import { randomBytes } from 'node:crypto'
import { mintCsrfToken } from '@postern/token/csrf-token'
import t from 'tap'
import { freshEmail, openGateway, openHouse } from '../setup.ts'
import { browserTenant, CSRF, openPage, type Page, SESSION, VISITOR } from './browser-page.ts'
import { changingRoutes, type Route } from './browser-routes.ts'
import { signedInPage, stateOf } from './signed-in-page.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const tenant = await browserTenant(gateway)
const routes = changingRoutes(gateway.app)

/** A good body for each route: a route that is new here fails the test until its body is told. */
const BODIES: Record<string, () => Promise<object | undefined>> = {
  'POST /v1/browser/magic-links': async () => ({ email: freshEmail() }),
  'POST /v1/browser/otps': async () => ({ channel: 'email', to: freshEmail() }),
  'POST /v1/browser/session': async () => ({ token: (await tenant.issue()).token }),
  'POST /v1/browser/session/refresh': async () => undefined,
  'DELETE /v1/browser/session': async () => undefined,
}
const nameOf = ({ method, url }: Route) => `${method} ${url}`
const bodyOf = async (route: Route) => BODIES[nameOf(route)]?.()

const session = (page: Page) => ({ kind: 'session' as const, value: page.cookies.get(SESSION) ?? '' })
const mint = (tenantId: string, cookie: { kind: 'session' | 'visitor'; value: string }) =>
  mintCsrfToken(gateway.context.csrf, { tenantId, cookie }, randomBytes(16))

t.test('the list is the router’s, and each route of it can be tried', async (t) => {
  t.ok(routes.length >= 5)
  t.same(routes.map(nameOf).sort(), Object.keys(BODIES).sort())
})

for (const route of routes) {
  t.test(`${nameOf(route)}: missing or foreign, and nothing changes; right, and it passes`, async (t) => {
    const page = await signedInPage(gateway, tenant)
    const stranger = await signedInPage(gateway, tenant)
    const visitor = openPage(gateway, tenant.host)
    await visitor.call('GET', '/v1/browser/csrf')
    const other = await browserTenant(gateway)
    const body = await bodyOf(route)
    const good = page.cookies.get(CSRF) ?? ''
    const before = await stateOf(gateway, tenant.id)
    /** With this token in cookie and header alike, unless the header says otherwise. */
    const refused = async (what: string, token: string, headers: Record<string, string> = {}) => {
      page.cookies.set(CSRF, token)
      const answer = await page.send(route.method, route.url, body, headers)
      t.match(answer, { status: 403, body: { success: false, error: { code: 'CSRF_FAILED' } } }, what)
      t.same(page.set(), {}, `${what}: no cookie is touched`)
    }
    await refused('no header', good, { 'x-csrf-token': '' })
    await refused('another session’s', stranger.cookies.get(CSRF) ?? '')
    await refused('the visitor’s from before the sign-in', visitor.cookies.get(CSRF) ?? '')
    await refused('another tenant’s', mint(other.id, session(page)))
    await refused('made up', randomBytes(50).toString('base64url'))
    await refused('right in the header only', 'x'.repeat(67), { 'x-csrf-token': good })
    await refused('right in the cookie only', good, { 'x-csrf-token': stranger.cookies.get(CSRF) ?? '' })
    await refused('from another origin', good, { origin: 'https://evil.test' })
    await refused('from another site', good, { 'sec-fetch-site': 'cross-site' })
    await refused('by a form of the same host’s sibling', good, {
      'sec-fetch-site': 'same-site',
      origin: 'null',
    })
    t.same(await stateOf(gateway, tenant.id), before, 'nothing was spent, opened, ended or told')

    page.cookies.set(CSRF, good)
    const answer = await page.send(route.method, route.url, body)
    t.ok([200, 202].includes(answer.status), `${answer.status}`)
  })

  t.test(`${nameOf(route)}: no cookie at all is no way in either`, async (t) => {
    const before = await stateOf(gateway, tenant.id)
    const token = mint(tenant.id, { kind: 'visitor', value: '' })
    const naked = openPage(gateway, tenant.host)
    for (const headers of [
      {},
      { 'x-csrf-token': token },
      { 'x-csrf-token': token, cookie: `${CSRF}=${token}` },
    ]) {
      const answer = await naked.send(route.method, route.url, { email: freshEmail() }, headers)
      t.match(answer, { status: 403, body: { error: { code: 'CSRF_FAILED' } } })
    }
    const fixed = openPage(gateway, tenant.host)
    fixed.cookies.set(VISITOR, 'x').set(SESSION, 'y').set(CSRF, token)
    t.equal((await fixed.send(route.method, route.url)).status, 403)
    t.same(await stateOf(gateway, tenant.id), before)
  })
}
