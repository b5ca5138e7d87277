// What INFO must say before our queue goes there.

import t from 'tap'
import { readRedisInfo } from '../../src/backend/redis-info.ts'

const info = (version: string, policy: string, role = 'master') =>
  `# Server\r\nredis_version:${version}\r\n# Memory\r\nmaxmemory_policy:${policy}\r\n# Replication\r\nrole:${role}\r\n`

t.test('a master from 6.2 on that evicts nothing is right', async (t) => {
  for (const version of ['6.2.0', '7.0.15', '8.2.1', '10.0.0']) {
    t.same(readRedisInfo(info(version, 'noeviction')), { ok: true }, version)
  }
})

t.test('anything else is refused by name', async (t) => {
  t.match(readRedisInfo(info('6.0.20', 'noeviction')), { reason: 'redis_older_than_6_2' })
  t.match(readRedisInfo(info('5.9.9', 'noeviction')), { reason: 'redis_older_than_6_2' })
  t.match(readRedisInfo(info('7.2.0', 'volatile-lru')), {
    reason: 'redis_maxmemory_policy_is_not_noeviction',
  })
  t.match(readRedisInfo(info('7.2.0', 'noeviction', 'slave')), { reason: 'redis_is_a_replica' })
  t.match(readRedisInfo(''), { ok: false })
})
