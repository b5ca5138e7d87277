// A Redis that nobody waits for: what does not come at once is refused, and the caller goes on without it.

import type { Logger } from '@postern/telemetry/logger'
import type { Redis } from 'ioredis'

/**
 * Connects in the background and reconnects by itself.
 * @param away what it means when it is away; logged once an outage
 */
export async function openHastyRedis(
  url: string,
  { logger, away: told }: { logger: Logger; away: string },
): Promise<Redis> {
  // Only a process that has a Redis loads its client.
  const { Redis } = await import('ioredis')
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
    commandTimeout: 250,
  })
  let away = false
  redis.on('error', (error) => {
    if (!away) logger.warn({ err: error }, told)
    away = true
  })
  redis.on('ready', () => {
    away = false
  })
  return redis
}
