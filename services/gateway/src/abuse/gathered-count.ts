// Counts of one address that come at once, or while one of its counts is under way, go to Redis together: a busy address
// costs a few commands, not one a request. Each is still told its own place, so the limit falls on exactly the same request.

import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible'

export interface Count {
  current: number
  /** milliseconds until the window ends */
  ttl: number
}

interface Rider {
  resolve: (count: Count) => void
  reject: (error: unknown) => void
}

export class GatheredCount {
  readonly #limiter: RateLimiterAbstract
  readonly #waiting = new Map<string, Rider[]>()

  constructor(limiter: RateLimiterAbstract) {
    this.#limiter = limiter
  }

  /** Counts one request of `key`. Rejects where the limiter's store does. */
  count(key: string): Promise<Count> {
    return new Promise((resolve, reject) => {
      const rider = { resolve, reject }
      const others = this.#waiting.get(key)
      if (others !== undefined) return void others.push(rider)
      this.#waiting.set(key, [rider])
      // Not now: what other sockets brought in the same turn is read first. An idle process gets there at once.
      setImmediate(() => void this.#send(key))
    })
  }

  async #send(key: string): Promise<void> {
    const riders = this.#waiting.get(key) ?? []
    if (riders.length === 0) return void this.#waiting.delete(key)
    this.#waiting.set(key, [])
    try {
      const { current, ttl } = await consume(this.#limiter, key, riders.length)
      const before = current - riders.length
      for (const [at, { resolve }] of riders.entries()) resolve({ current: before + at + 1, ttl })
    } catch (error) {
      for (const { reject } of riders) reject(error)
    }
    void this.#send(key)
  }
}

/** The library rejects with the count itself when it is above the limit. */
export async function consume(limiter: RateLimiterAbstract, key: string, requests: number): Promise<Count> {
  const result = await limiter.consume(key, requests).catch((refused: unknown) => {
    if (refused instanceof RateLimiterRes) return refused
    throw refused
  })
  return { current: result.consumedPoints, ttl: result.msBeforeNext }
}
