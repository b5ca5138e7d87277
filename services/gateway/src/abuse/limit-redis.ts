// The front limiter's way to Redis. It never waits: a count that does not come at once is made in this process.

import type { Logger } from '@postern/telemetry/logger'
import { Redis } from 'ioredis'

/** Undefined without a URL. Connects in the background and reconnects by itself. */
export function openLimitRedis(url: string | undefined, logger: Logger): Redis | undefined {
  if (url === undefined) return undefined
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
    commandTimeout: 250,
  })
  let away = false
  redis.on('error', (error) => {
    if (!away) logger.warn({ err: error }, 'the limiter’s Redis is away; this process counts alone')
    away = true
  })
  redis.on('ready', () => {
    away = false
  })
  return redis
}
