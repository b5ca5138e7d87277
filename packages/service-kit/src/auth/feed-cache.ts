// What was read from Postgres, remembered under the revocation feed: while the feed is fresh the memory answers, when it
// is stale every question goes to Postgres. What the feed learns while something is read keeps that from being remembered.

import type { Clock } from '../clock.ts'
import type { Revocation, RevocationFeed } from '../revocation-feed.ts'
import { BoundedCache } from './bounded-cache.ts'

interface Bounds {
  /** entries */
  max: number
  ttlMs: number
}

export interface FeedCacheOptions<V> {
  /** Reads what belongs to the key; undefined when there is nothing. */
  read: (key: string) => Promise<V | undefined>
  feed: RevocationFeed
  clock: Clock
  known: Bounds
  /** Keys without anything: few and short-lived, so that guessing fills nothing. */
  unknown: Bounds
  /** Whether the revocation says that the value is not what it was. */
  isChanged: (value: V, revocation: Revocation) => boolean
  /** The one key that the revocation is about, where it can tell: spares looking through all of them. */
  keyOf?: (revocation: Revocation) => string | undefined
  /** Whether what is remembered still answers at `now`, in milliseconds; always unless told. */
  isGood?: (value: V, now: number) => boolean
  onLookup?: (source: 'cache' | 'database' | 'database_feed_stale') => void
}

export class FeedCache<V> {
  readonly #options: FeedCacheOptions<V>
  readonly #known: BoundedCache<V>
  readonly #unknown: BoundedCache<true>
  readonly #reading = new Map<string, { mark: number; value: Promise<V | undefined> }>()

  constructor(options: FeedCacheOptions<V>) {
    const { feed, known, unknown } = options
    this.#options = options
    this.#known = new BoundedCache(known.max, known.ttlMs)
    this.#unknown = new BoundedCache(unknown.max, unknown.ttlMs)
    feed.onRevoked((revocation) => this.#forget(revocation))
    feed.onRecovered(() => {
      this.#known.clear()
      this.#unknown.clear()
    })
  }

  /** What belongs to the key, whatever its state; undefined when there is nothing. Throws what reading throws. */
  find(key: string): V | undefined | Promise<V | undefined> {
    const { feed, onLookup } = this.#options
    if (!feed.isFresh()) {
      onLookup?.('database_feed_stale')
      return this.#read(key)
    }
    const now = this.#now()
    const value = this.#known.get(key, now)
    const isGood =
      value === undefined ? this.#unknown.get(key, now) : this.#options.isGood?.(value, now) !== false
    if (isGood) {
      onLookup?.('cache')
      return value
    }
    return this.findAnew(key)
  }

  /** The same from Postgres, whatever is remembered: for what no revocation tells of. */
  findAnew(key: string): Promise<V | undefined> {
    this.#options.onLookup?.('database')
    return this.#readShared(key)
  }

  #forget(revocation: Revocation): void {
    const { isChanged, keyOf } = this.#options
    const key = keyOf?.(revocation)
    if (key === undefined) this.#known.deleteWhere((value) => isChanged(value, revocation))
    else this.#known.delete(key)
  }

  #now(): number {
    return this.#options.clock.now().getTime()
  }

  async #read(key: string): Promise<V | undefined> {
    const { feed, read } = this.#options
    const mark = feed.mark()
    const value = await read(key)
    // What the feed learned while we read may be about this value: then it answers once and is not kept.
    if (!feed.isFresh() || feed.mark() !== mark) return value
    if (value === undefined) this.#unknown.set(key, true, this.#now())
    else this.#known.set(key, value, this.#now())
    return value
  }

  /** Requests for the same key share one read, unless the feed has learned something since it began. */
  #readShared(key: string): Promise<V | undefined> {
    const mark = this.#options.feed.mark()
    const running = this.#reading.get(key)
    if (running?.mark === mark) return running.value
    const begun = { mark, value: this.#read(key) }
    this.#reading.set(key, begun)
    const forget = () => void (this.#reading.get(key) === begun && this.#reading.delete(key))
    begun.value.then(forget, forget)
    return begun.value
  }
}
