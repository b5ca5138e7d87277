// The front limiter counts a client's real address, whatever it claims, and losing Redis never gives a second share.

import { until } from '@postern/testkit/poll'
import { testRedis } from '@postern/testkit/redis'
import { Redis } from 'ioredis'
import t from 'tap'
import { type Gateway, openGateway, openHouse } from '../setup.ts'

const ask = (gateway: Gateway, remoteAddress: string, headers = {}) =>
  gateway.call({ method: 'GET', url: '/.well-known/jwks.json', remoteAddress, headers })
const allowedOf = async (
  gateway: Gateway,
  tries: number,
  address: (at: number) => string,
  headers = (_: number) => ({}),
) => {
  const answers = []
  for (let at = 0; at < tries; at++) answers.push(await ask(gateway, address(at), headers(at)))
  return answers.filter(({ status }) => status === 200).length
}

t.test('an address gets its budget, then 429 with when to come back; probes are never limited', async (t) => {
  const house = await openHouse(t, { env: { POSTERN_ADDRESS_LIMIT: '10' } })
  const gateway = await openGateway(t, house)
  t.equal(await allowedOf(gateway, 15, () => '192.0.2.1'), 10)
  const { status, headers, body } = await ask(gateway, '192.0.2.1')
  t.equal(status, 429)
  t.equal(body.error.code, 'RATE_LIMITED')
  t.equal(headers['ratelimit-policy'], '"address";q=10;w=60')
  t.match(headers.ratelimit, /^"address";r=0;t=\d+$/)
  t.ok(Number(headers['retry-after']) >= 1)
  t.equal(headers['x-ratelimit-limit'], undefined)
  t.equal((await ask(gateway, '192.0.2.2')).status, 200)
  const probe = await gateway.call({ method: 'GET', url: '/livez', remoteAddress: '192.0.2.1' })
  t.equal(probe.status, 200)
  const long = await gateway.call({ method: 'GET', url: '/openapi.json', remoteAddress: '192.0.2.1' })
  t.equal(long.status, 429, 'the longest answer that there is counts as any other')
  const guess = await gateway.call({
    method: 'POST',
    url: '/v1/magic-links',
    remoteAddress: '192.0.2.1',
    payload: {},
  })
  t.equal(guess.status, 429, 'the limit comes before authentication')
})

t.test('a claimed X-Forwarded-For of an untrusted peer stays in the peer’s bucket', async (t) => {
  const house = await openHouse(t, { env: { POSTERN_ADDRESS_LIMIT: '10' } })
  const gateway = await openGateway(t, house)
  const spoofed = (at: number) => ({ 'x-forwarded-for': `198.51.100.${at}` })
  t.equal(await allowedOf(gateway, 20, () => '192.0.2.1', spoofed), 10)
})

t.test('a trusted proxy’s word is taken, one hop deep', async (t) => {
  const house = await openHouse(t, {
    env: { POSTERN_ADDRESS_LIMIT: '10', POSTERN_TRUSTED_PROXIES: '10.0.0.0/8' },
  })
  const gateway = await openGateway(t, house)
  const through = (at: number) => ({ 'x-forwarded-for': `198.51.100.${at}` })
  t.equal(await allowedOf(gateway, 20, () => '10.1.2.3', through), 20)
  const lying = (at: number) => ({ 'x-forwarded-for': `203.0.113.${at}, 192.0.2.77` })
  t.equal(await allowedOf(gateway, 20, () => '10.1.2.3', lying), 10)
})

t.test('a proxy that writes the port too gives no client a budget for each connection', async (t) => {
  const house = await openHouse(t, {
    env: { POSTERN_ADDRESS_LIMIT: '10', POSTERN_TRUSTED_PROXIES: '10.0.0.0/8' },
  })
  const gateway = await openGateway(t, house)
  const four = (at: number) => ({ 'x-forwarded-for': `198.51.100.1:${50_000 + at}` })
  t.equal(await allowedOf(gateway, 20, () => '10.1.2.3', four), 10)
  const six = (at: number) => ({ 'x-forwarded-for': `[2001:db8:0:1::${at.toString(16)}]:${50_000 + at}` })
  t.equal(await allowedOf(gateway, 20, () => '10.1.2.3', six), 10, 'of a /64')
  const hops = (at: number) => ({ 'x-forwarded-for': `203.0.113.${at}, 192.0.2.77:${at}, 10.9.9.9:443` })
  t.equal(await allowedOf(gateway, 20, () => '10.1.2.3', hops), 10, 'and a proxy is known with its port')
})

t.test('an IPv6 client has one budget for its /64', async (t) => {
  const house = await openHouse(t, { env: { POSTERN_ADDRESS_LIMIT: '10' } })
  const gateway = await openGateway(t, house)
  t.equal(await allowedOf(gateway, 20, (at) => `2001:db8:0:1::${at.toString(16)}`), 10)
  t.equal((await ask(gateway, '2001:db8:0:2::1')).status, 200)
})

t.test('two gateways share one budget, and an emptied Redis does not refill it', async (t) => {
  const redis = await testRedis(t)
  const house = await openHouse(t, { redisUrl: redis.url, env: { POSTERN_ADDRESS_LIMIT: '20' } })
  const [one, two] = [await openGateway(t, house), await openGateway(t, house)]
  await until(
    () => one.context.limitRedis?.status === 'ready' && two.context.limitRedis?.status === 'ready',
    { deadlineMs: 30_000 },
  )
  // Who hears nothing from Redis at once counts alone: on a machine that stood still that may happen, to one address.
  let address = ''
  let addresses = 0
  const shared = async () => {
    addresses += 1
    address = `192.0.2.${addresses}`
    let allowed = 0
    for (let at = 0; at < 12; at++) {
      allowed += await allowedOf(one, 1, () => address)
      allowed += await allowedOf(two, 1, () => address)
    }
    return allowed === 20
  }
  await until(shared, { deadlineMs: 30_000, what: 'one budget' })
  const client = new Redis(redis.url)
  await client.flushall()
  client.disconnect()
  // Each knows the shared count as of its own last request, so it can be wrong by what the other did since: one.
  t.ok((await allowedOf(one, 10, () => address)) <= 1)
  t.ok((await allowedOf(two, 10, () => address)) <= 1)
})

t.test('with Redis gone each gateway counts on from what it knew', async (t) => {
  const redis = await testRedis(t)
  const house = await openHouse(t, { redisUrl: redis.url, env: { POSTERN_ADDRESS_LIMIT: '20' } })
  const gateway = await openGateway(t, house)
  await until(() => gateway.context.limitRedis?.status === 'ready', { deadlineMs: 30_000 })
  t.equal(await allowedOf(gateway, 15, () => '192.0.2.1'), 15)
  await redis.kill()
  t.equal(await allowedOf(gateway, 15, () => '192.0.2.1'), 5)
})
