// Shares what each process finds out about vendors, over Redis where there is one. It never stands in the way: what does
// not come at once is taken for "nothing known".

import type { Clock } from '@postern/service-kit/clock'
import { openHastyRedis } from '@postern/service-kit/hasty-redis'
import type { Logger } from '@postern/telemetry/logger'
import type { BreakerHints } from './breaker-hints.ts'

export interface BreakerHintsOptions {
  readonly url: string
  /** Keeps installations apart that share a Redis. */
  readonly prefix: string
  readonly clock: Clock
  readonly logger: Logger
}

/** Longer than the longest wait between two probes, so that it lives while somebody keeps the breaker open. */
const OPEN_MS = 15_000
const PROBE_MS = 1_000
/** How long an answer of Redis is used again. */
const CACHE_MS = 1_000

const AWAY = 'Redis is away; this process learns of failing vendors alone'

/** Connects in the background and reconnects by itself. */
export async function openBreakerHints(
  options: BreakerHintsOptions,
): Promise<BreakerHints & { close(): void }> {
  const { url, prefix, clock, logger } = options
  const redis = await openHastyRedis(url, { logger, away: AWAY })
  const known = new Map<string, { readonly isOpen: boolean; readonly at: number }>()
  const openKey = (key: string) => `${prefix}:breaker:${key}`
  const learn = (key: string, isOpen: boolean) => {
    known.set(key, { isOpen, at: clock.now().getTime() })
    return isOpen
  }
  return {
    async isOpen(key) {
      const last = known.get(key)
      const age = clock.now().getTime() - (last?.at ?? Number.NEGATIVE_INFINITY)
      if (last !== undefined && age >= 0 && age < CACHE_MS) return last.isOpen
      const found = await redis.exists(openKey(key)).catch(() => 0)
      return learn(key, found === 1)
    },
    mayProbe: async (key) => {
      const claimed = redis.set(`${prefix}:probe:${key}`, '1', 'PX', PROBE_MS, 'NX')
      return await claimed.then(
        (answer) => answer === 'OK',
        () => true,
      )
    },
    tell(key, isOpen) {
      learn(key, isOpen)
      const told = isOpen ? redis.set(openKey(key), '1', 'PX', OPEN_MS) : redis.del(openKey(key))
      told.catch(() => undefined)
    },
    close: () => redis.disconnect(),
  }
}
