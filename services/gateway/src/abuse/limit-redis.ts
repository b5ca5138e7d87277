// The front limiter's way to Redis. It never waits: a count that does not come at once is made in this process.

import { openHastyRedis } from '@postern/service-kit/hasty-redis'
import type { Logger } from '@postern/telemetry/logger'
import type { Redis } from 'ioredis'

/** Undefined without a URL. */
export async function openLimitRedis(url: string | undefined, logger: Logger): Promise<Redis | undefined> {
  const away = 'the limiter’s Redis is away; this process counts alone'
  return url === undefined ? undefined : openHastyRedis(url, { logger, away })
}
