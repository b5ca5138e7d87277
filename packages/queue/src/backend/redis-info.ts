// Reads Redis' INFO: whether this server may hold our queue. A server that evicts keys loses jobs without a word.

import type { QueueState } from './queue-backend.ts'

const OLDEST = [6, 2] as const

/** @param info the answer of INFO: lines of `key:value` */
export function readRedisInfo(info: string): QueueState {
  const fields = new Map(
    info.split(/\r?\n/).map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1)] as const
    }),
  )
  if (isOlder(fields.get('redis_version') ?? '')) return { ok: false, reason: 'redis_older_than_6_2' }
  if (fields.get('role') === 'slave') return { ok: false, reason: 'redis_is_a_replica' }
  if (fields.get('maxmemory_policy') !== 'noeviction') {
    return { ok: false, reason: 'redis_maxmemory_policy_is_not_noeviction' }
  }
  return { ok: true }
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])
}
