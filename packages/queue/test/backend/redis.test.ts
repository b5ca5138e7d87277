// The Redis backend holds to the suite, and to what only Redis can do wrong.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@postern/testkit/free-port'
import { until } from '@postern/testkit/poll'
import { testRedis } from '@postern/testkit/redis'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import t from 'tap'
import { DEFAULT_PREFIX } from '../../src/connection.ts'
import { checkQueue } from '../../src/readiness.ts'
import { conformance } from './conformance.ts'
import { addWhenUp, deliverJobs, type MakeRig, openParts, remembering, seconds } from './rig.ts'

const makeRig: MakeRig = async (t, options = {}) => {
  const redis = await testRedis(t, options)
  const side = () => {
    const client = new Redis(redis.url, { maxRetriesPerRequest: null })
    client.on('error', () => undefined)
    t.teardown(() => client.disconnect())
    return client
  }
  return {
    ...redis,
    loseJobs: async () => void (await side().flushall()),
    dump: () => dump(side()),
    bareQueue: (name) => new Queue(name, { connection: side(), prefix: DEFAULT_PREFIX }),
  }
}

/** Every key with its serialised value, as the server itself would ship it to another. */
async function dump(client: Redis): Promise<string> {
  const keys = await client.keys('*')
  const values = await Promise.all(
    keys.map(async (key) => {
      const type = await client.type(key)
      if (type === 'hash') return client.hgetall(key)
      if (type === 'stream') return client.xrange(key, '-', '+')
      if (type === 'list') return client.lrange(key, 0, -1)
      return type === 'zset' ? client.zrange(key, 0, -1) : client.get(key)
    }),
  )
  return JSON.stringify([keys, values])
}

t.test('conformance', (t) => conformance(t, makeRig))

t.test('a Redis that evicts keys is not ready, and says so', async (t) => {
  const { url } = await testRedis(t, { args: ['--maxmemory-policy', 'allkeys-lru'] })
  const { connection, producer } = await openParts(t, url)
  const answered = async () => {
    const state = await checkQueue(connection)
    return !state.ok && state.reason !== 'queue_unreachable' && state
  }
  t.same(await until(answered, seconds(30)), {
    ok: false,
    reason: 'redis_maxmemory_policy_is_not_noeviction',
  })
  await addWhenUp(producer, [])
})

t.test('a replica is not ready: it would refuse every job', async (t) => {
  const master = await testRedis(t)
  const replica = await testRedis(t, { args: ['--replicaof', '127.0.0.1', String(master.port)] })
  const { connection } = await openParts(t, replica.url)
  const answered = async () => {
    const state = await checkQueue(connection)
    return !state.ok && state.reason !== 'queue_unreachable' && state
  }
  t.same(await until(answered, seconds(30)), { ok: false, reason: 'redis_is_a_replica' })
})

t.test('every key is in one slot, so that a Redis Cluster takes all of it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-test-redis-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const ports = ['--cluster-port', String(await freePort())]
  const config = ['--cluster-enabled', 'yes', '--cluster-config-file', join(folder, 'nodes.conf')]
  const { url } = await testRedis(t, { args: [...config, ...ports] })
  const admin = new Redis(url)
  t.teardown(() => admin.disconnect())
  await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
  await until(async () => (await admin.cluster('INFO')).includes('cluster_state:ok'), seconds(30))
  const { producer, work } = await openParts(t, url)
  const { seen, handler } = remembering()
  work(handler)
  await addWhenUp(producer, deliverJobs(10))
  await until(() => seen.length === 10, seconds(30))
  await t.rejects(
    openParts(t, url, 'postern'),
    { code: 'QUEUE_MISCONFIGURED' },
    'a prefix without a hash tag is refused',
  )
})

t.test('a refused password is never logged', async (t) => {
  const { url } = await testRedis(t)
  const admin = new Redis(url)
  t.teardown(() => admin.disconnect())
  await admin.config('SET', 'requirepass', 'the-right-one')
  const { logs } = await openParts(t, url.replace('redis://', 'redis://:canary-wrong-one@'))
  await until(() => logs.lines().find((line) => line.reason === 'WRONGPASS'), seconds(30))
  t.notMatch(logs.text(), 'canary-wrong-one')
})
