// Counting together changes nothing for anybody: each request has its own place, and nothing is counted twice or lost.

import { testRedis } from '@postern/testkit/redis'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible'
import t from 'tap'
import { GatheredCount } from '../../src/abuse/gathered-count.ts'

const LIMIT = { points: 20, duration: 60 }
const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1)

t.test('of 100 at once over two processes each has a place of its own, in few commands', async (t) => {
  const { url } = await testRedis(t)
  const clients = [new Redis(url), new Redis(url)] as const
  t.teardown(() => clients.map((client) => client.disconnect()))
  const counts = clients.map(
    (storeClient) => new GatheredCount(new RateLimiterRedis({ ...LIMIT, storeClient })),
  )
  const [client] = clients
  await client.config('RESETSTAT')
  const all = await Promise.all(upTo(100).map((at) => counts[at % 2]?.count('192.0.2.1')))
  t.same(
    all.map((count) => count?.current).sort((a, b) => Number(a) - Number(b)),
    upTo(100),
  )
  t.ok(all.every((count) => count !== undefined && count.ttl > 0 && count.ttl <= 60_000))
  const calls = [...(await client.info('commandstats')).matchAll(/cmdstat_\S+?:calls=(\d+)/g)]
  const made = calls.reduce((sum, [, n]) => sum + Number(n), 0)
  t.ok(made < 40, `${made} commands`)
})

t.test('whatever comes together with whatever else, each address is counted from one on', async () => {
  const visits = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), pause: fc.boolean() }), {
    maxLength: 60,
  })
  await fc.assert(
    fc.asyncProperty(visits, async (all) => {
      const gathered = new GatheredCount(new RateLimiterMemory(LIMIT))
      const told: Promise<{ key: string; current: number }>[] = []
      for (const { key, pause } of all) {
        told.push(gathered.count(key).then(({ current }) => ({ key, current })))
        if (pause) await new Promise(setImmediate)
      }
      const seen = await Promise.all(told)
      for (const name of ['a', 'b', 'c']) {
        const places = seen.filter(({ key }) => key === name).map(({ current }) => current)
        if (places.join() !== upTo(places.length).join()) throw new Error(`${name}: ${places.join()}`)
      }
    }),
  )
})

t.test('those who wait hear of a lost Redis, and the next ones are counted when it is back', async (t) => {
  const memory = new RateLimiterMemory(LIMIT)
  let away = true
  const limiter = new Proxy(memory, {
    get(target, name) {
      if (name !== 'consume') return Reflect.get(target, name, target)
      return (key: string, points: number) =>
        away ? Promise.reject(new Error('Connection is closed')) : target.consume(key, points)
    },
  })
  const gathered = new GatheredCount(limiter)
  const lost = await Promise.allSettled(upTo(10).map(() => gathered.count('a')))
  t.ok(lost.every(({ status }) => status === 'rejected'))
  away = false
  const back = await Promise.all(upTo(5).map(() => gathered.count('a')))
  t.same(
    back.map(({ current }) => current),
    upTo(5),
  )
})
