// The token that a page asks for, and whose host it asks on.

import { until } from '@postern/testkit/poll'
import t from 'tap'
import { newTenant, openGateway, openHouse, operator } from '../setup.ts'
import { browserTenant, CSRF, openPage, SESSION, VISITOR } from './browser-page.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const URL = '/v1/browser/csrf'

t.test(
  'a browser that was not here gets an id that no script reads, and a token that one does',
  async (t) => {
    const page = openPage(gateway, (await browserTenant(gateway)).host)
    const answer = await page.call('GET', URL)
    t.equal(answer.status, 200)
    const { [VISITOR]: visitor, [CSRF]: token, ...others } = page.set()
    t.same(others, {})
    t.same(visitor?.attributes, ['httponly', 'path=/', 'samesite=lax', 'secure'])
    t.match(visitor?.value, /^[\w-]{43}$/)
    t.same(token?.attributes, ['path=/', 'samesite=lax', 'secure'])
    t.same(answer.body.data, { csrf_token: token?.value })
    t.equal(answer.headers['cache-control'], 'no-store')
  },
)

t.test('asking again keeps id and token, so two tabs do not take it from each other', async (t) => {
  const page = openPage(gateway, (await browserTenant(gateway)).host)
  await page.call('GET', URL)
  const before = [...page.cookies]
  await page.call('GET', URL)
  t.same([...page.cookies], before)
  page.cookies.set(CSRF, 'something else')
  await page.call('GET', URL)
  t.equal(page.cookies.get(VISITOR), before[0]?.[1])
  t.match(page.cookies.get(CSRF), /^[\w-]{67}$/, 'but what does not hold is replaced')
})

t.test('an id that is none of ours is replaced', async (t) => {
  const page = openPage(gateway, (await browserTenant(gateway)).host)
  for (const planted of ['x', 'a'.repeat(42), `${'a'.repeat(42)}%00`, '../../..']) {
    page.cookies.set(VISITOR, planted).set(SESSION, planted)
    t.equal((await page.call('GET', URL)).status, 200)
    t.match(page.cookies.get(VISITOR), /^[\w-]{43}$/)
    t.not(page.cookies.get(VISITOR), planted)
  }
})

t.test('a host that a tenant is given or loses counts within a second', async (t) => {
  const { id, host } = await browserTenant(gateway)
  const at = async (name: string) => (await openPage(gateway, name).call('GET', URL)).status
  t.equal(await at(host), 200)
  const other = `new-${host}`
  t.equal(await at(other), 404)
  const patched = await operator(gateway, 'PATCH', `/v1/tenants/${id}`, { browser_hosts: [other] })
  t.equal(patched.status, 200)
  const moved = async () => (await at(host)) === 404 && (await at(other)) === 200
  await until(moved, { deadlineMs: 30_000, what: 'the new host' })
})

t.test('a disabled tenant has no browser mode', async (t) => {
  const { id, host } = await browserTenant(gateway)
  const page = openPage(gateway, host)
  t.equal((await page.call('GET', URL)).status, 200)
  await operator(gateway, 'PATCH', `/v1/tenants/${id}`, { is_active: false })
  const gone = async () => (await page.call('GET', URL)).status === 404
  await until(gone, { deadlineMs: 30_000, what: 'the end of its browser mode' })
})

t.test('a port of its own goes before the host that has none', async (t) => {
  const { host } = await browserTenant(gateway)
  const other = await newTenant(gateway, undefined, { browser_hosts: [`${host}:8443`] })
  const tenantAt = async (name: string) => (await gateway.context.browserTenants.find(name))?.id
  t.equal(await tenantAt(`${host}:8443`), other.id)
  t.not(await tenantAt(host), other.id)
  t.equal(await tenantAt(`${host}:9000`), await tenantAt(host))
})
