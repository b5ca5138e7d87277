import { Redis } from 'ioredis'
import t from 'tap'
import { testRedis } from '../src/redis.ts'

t.test('a killed redis-server comes back empty on the same port', async (t) => {
  const redis = await testRedis(t)
  const client = new Redis(redis.url, { maxRetriesPerRequest: null })
  t.teardown(() => client.disconnect())
  client.on('error', () => undefined)
  await client.set('kept', 'no')
  await redis.kill()
  await redis.start()
  t.equal(await client.get('kept'), null)
})

t.test('nothing is evicted unless a test asks for it', async (t) => {
  const policies = await Promise.all(
    [[], ['--maxmemory-policy', 'allkeys-lru']].map(async (args) => {
      const { url } = await testRedis(t, { args })
      const client = new Redis(url)
      t.teardown(() => client.disconnect())
      return client.config('GET', 'maxmemory-policy')
    }),
  )
  t.same(policies, [
    ['maxmemory-policy', 'noeviction'],
    ['maxmemory-policy', 'allkeys-lru'],
  ])
})

t.test('without redis-server the message says what to install', async (t) => {
  const path = process.env.PATH
  process.env.PATH = '/nowhere'
  t.teardown(() => {
    process.env.PATH = path
  })
  await t.rejects(testRedis(t), { message: /redis-server is not installed.*apt-get install/ })
})
