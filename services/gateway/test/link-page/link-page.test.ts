// Whoever opens a mailed link, however often and however, changes nothing: only the application's verify spends it.

import t from 'tap'
import { newTenant, openGateway, openHouse } from '../setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const resolve = (token: string) => gateway.call({ method: 'POST', url: '/l/resolve', payload: { token } })

t.test('any reading of the page and its parts leaves the link unused', async (t) => {
  const tenant = await newTenant(gateway)
  const { token, id } = await tenant.issue()
  const readings = ['GET', 'HEAD'].flatMap((method) =>
    ['/l', '/l/link.js', '/l/link.css', `/l?token=${token}`, `/l/${token}`].map((url) => ({ method, url })),
  )
  for (const { method, url } of readings) await gateway.call({ method: method as 'GET', url })
  for (let n = 0; n < 20; n++) t.equal((await resolve(token)).status, 200)
  const { body } = await tenant.call('GET', `/v1/magic-links/${id}`)
  t.equal(body.data.status, 'pending')
  t.equal((await tenant.call('POST', '/v1/magic-links/verify', { token })).status, 200)
})

t.test('the page is kept by nobody, tells nobody and loads nothing from elsewhere', async (t) => {
  const { status, headers, body } = await gateway.call({ method: 'GET', url: '/l' })
  t.equal(status, 200)
  t.equal(headers['cache-control'], 'no-store')
  t.equal(headers['referrer-policy'], 'no-referrer')
  t.match(headers['content-security-policy'], /default-src 'none'.*frame-ancestors 'none'/)
  t.notMatch(body, /https?:\/\//)
})

t.test('the page’s script learns where a genuine live link leads, and why another does not', async (t) => {
  const tenant = await newTenant(gateway)
  const { token, id } = await tenant.issue({ redirect_url: 'https://app.test/in/next' })
  const { body } = await resolve(token)
  t.match(body.data, { tenant_name: /^Tenant /, redirect_url: 'https://app.test/in/next' })
  t.equal((await resolve(`${token}A`)).body.error.code, 'INVALID_TOKEN')
  t.equal((await resolve('x')).body.error.code, 'INVALID_TOKEN')
  await tenant.call('POST', '/v1/magic-links/verify', { token })
  t.equal((await resolve(token)).body.error.code, 'TOKEN_USED')
  const late = await tenant.issue()
  await house.admin.query(`UPDATE challenges SET expires_at = now() WHERE id = $1`, [late.id])
  t.equal((await resolve(late.token)).body.error.code, 'TOKEN_EXPIRED')
  const decoy = await tenant.issue({ create_user: false })
  t.equal((await resolve(decoy.token)).body.error.code, 'INVALID_TOKEN')
  t.ok(id)
})
