// Counts requests per client address, shared through Redis where there is one. While Redis is away each process counts
// alone; and what a process once saw of the shared count it keeps for the window, so an emptied Redis gives nobody
// a second share.

import type { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible'
import { type Count, consume, GatheredCount } from './gathered-count.ts'

export interface SharedCountOptions {
  redis: Redis | undefined
  points: number
  windowSeconds: number
  prefix: string
}

/** A store of the shape that @fastify/rate-limit asks for. */
export class SharedCountStore {
  readonly #own: RateLimiterMemory
  readonly #shared: GatheredCount | undefined

  constructor(options: SharedCountOptions) {
    const limit = { points: options.points, duration: options.windowSeconds, keyPrefix: options.prefix }
    this.#own = new RateLimiterMemory(limit)
    this.#shared =
      options.redis && new GatheredCount(new RateLimiterRedis({ ...limit, storeClient: options.redis }))
  }

  incr(key: string, done: (error: Error | null, count?: Count) => void): void {
    this.#count(key).then(
      (count) => done(null, count),
      (error) => done(error),
    )
  }

  /** Every route counts into the same window. */
  child(): SharedCountStore {
    return this
  }

  async #count(key: string): Promise<Count> {
    const own = await consume(this.#own, key, 1)
    if (this.#shared === undefined) return own
    try {
      const shared = await this.#shared.count(key)
      if (shared.current > own.current) {
        await this.#own.set(key, shared.current, Math.max(1, Math.ceil(shared.ttl / 1_000)))
        return shared
      }
    } catch {
      // Redis is away or late; its client tells the log.
    }
    return own
  }
}
