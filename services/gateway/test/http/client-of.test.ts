// What a session remembers of who opened it: what trusted proxies tell, and nothing that keeps anybody from signing in.

import t from 'tap'
import { newTenant, openGateway, openHouse } from '../setup.ts'

const house = await openHouse(t, { env: { POSTERN_TRUSTED_PROXIES: '127.0.0.1/32' } })
const gateway = await openGateway(t, house)
const tenant = await newTenant(gateway)

async function signInWith(headers: Record<string, string>) {
  const { token } = await tenant.issue()
  const { status, body } = await tenant.call('POST', '/v1/magic-links/verify', { token }, headers)
  const { rows } = await house.admin.query('SELECT address, user_agent FROM sessions WHERE id = $1', [
    body.data?.session.id,
  ])
  return { status, ...rows[0] }
}

t.test('the address is the one that the trusted proxy tells, of either family', async (t) => {
  for (const address of ['203.0.113.7', '2001:db8::7']) {
    t.match(await signInWith({ 'x-forwarded-for': address }), { status: 200, address })
  }
})

t.test('a port that the proxy writes behind an address is no part of it', async (t) => {
  for (const [told, address] of [
    ['203.0.113.7:4711', '203.0.113.7'],
    ['[2001:db8::7]:4711', '2001:db8::7'],
  ] as const) {
    t.match(await signInWith({ 'x-forwarded-for': told }), { status: 200, address })
  }
})

t.test('what is no address is not remembered as one, and keeps nobody out', async (t) => {
  for (const text of ['unknown', 'a'.repeat(200), '203.0.113.7:port', '_hidden']) {
    t.match(await signInWith({ 'x-forwarded-for': text }), { status: 200, address: null }, text)
  }
})

t.test('a user agent that is too long is cut', async (t) => {
  const told = await signInWith({ 'user-agent': 'x'.repeat(2_000) })
  t.match(told, { status: 200, user_agent: 'x'.repeat(512) })
})
