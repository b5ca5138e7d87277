// API keys by their prefix: from memory while the revocation feed is fresh, for 60 s at most, else from Postgres.

import type { Scope } from '@postern/contracts/scopes'
import type { Metrics } from '@postern/telemetry/metric-names'
import type { ApiKeyCaller } from '../caller.ts'
import type { Clock } from '../clock.ts'
import type { RevocationFeed } from '../revocation-feed.ts'
import type { ApiKeyRow } from './api-key.store.ts'
import { BoundedCache } from './bounded-cache.ts'
import { callerTenant } from './tenant-row.ts'

export interface KnownKeysOptions {
  /** Reads a key by its prefix: `(prefix) => findApiKey(database.db, prefix)`. */
  findKey: (prefix: string) => Promise<ApiKeyRow | undefined>
  feed: RevocationFeed
  clock: Clock
  metrics?: Metrics
}

/** A key as it was read; what it says about time and caller is fixed then. */
export interface KnownKey {
  readonly row: ApiKeyRow
  readonly caller: ApiKeyCaller
  /** Milliseconds of our clock at which the key expires. */
  readonly expiresAt: number
}

type Found = KnownKey | undefined

const KEYS = { max: 10_000, ttlMs: 60_000 }
/** Prefixes without a key: few and short-lived, so that guessing fills nothing. */
const UNKNOWN = { max: 1_000, ttlMs: 10_000 }

export class KnownKeys {
  readonly #options: KnownKeysOptions
  readonly #keys = new BoundedCache<KnownKey>(KEYS.max, KEYS.ttlMs)
  readonly #unknown = new BoundedCache<true>(UNKNOWN.max, UNKNOWN.ttlMs)
  readonly #reading = new Map<string, { mark: number; key: Promise<Found> }>()

  constructor(options: KnownKeysOptions) {
    this.#options = options
    options.feed.onRevoked(({ kind, id }) => {
      if (kind === 'api_key') this.#keys.deleteWhere(({ row }) => row.id === id)
      if (kind === 'tenant') this.#keys.deleteWhere(({ row }) => row.tenantId === id)
    })
    options.feed.onRecovered(() => {
      this.#keys.clear()
      this.#unknown.clear()
    })
  }

  /** The key with this prefix, whatever its state; undefined when there is none. */
  find(prefix: string): Found | Promise<Found> {
    const { feed, metrics } = this.#options
    if (!feed.isFresh()) {
      metrics?.apiKeyLookups.add(1, { source: 'database_feed_stale' })
      return this.#read(prefix)
    }
    const key = this.#keys.get(prefix, this.#now())
    if (key ?? this.#unknown.get(prefix, this.#now())) {
      metrics?.apiKeyLookups.add(1, { source: 'cache' })
      return key
    }
    metrics?.apiKeyLookups.add(1, { source: 'database' })
    return this.#readShared(prefix)
  }

  #now(): number {
    return this.#options.clock.now().getTime()
  }

  async #read(prefix: string): Promise<Found> {
    const { feed, findKey } = this.#options
    const mark = feed.mark()
    const row = await findKey(prefix)
    const key = row && knownKey(row, this.#now())
    // What the feed learned while we read may be about this key: then the row answers once and is not kept.
    if (!feed.isFresh() || feed.mark() !== mark) return key
    if (key) this.#keys.set(prefix, key, this.#now())
    else this.#unknown.set(prefix, true, this.#now())
    return key
  }

  /** Requests for the same key share one read, unless the feed has learned something since it began. */
  #readShared(prefix: string): Promise<Found> {
    const mark = this.#options.feed.mark()
    const running = this.#reading.get(prefix)
    if (running?.mark === mark) return running.key
    const begun = { mark, key: this.#read(prefix) }
    this.#reading.set(prefix, begun)
    const forget = () => void (this.#reading.get(prefix) === begun && this.#reading.delete(prefix))
    begun.key.then(forget, forget)
    return begun.key
  }
}

function knownKey(row: ApiKeyRow, now: number): KnownKey {
  const caller: ApiKeyCaller = {
    kind: 'api_key',
    tenantId: row.tenantId,
    apiKeyId: row.id,
    scopes: row.scopes as Scope[],
    tenant: callerTenant(row),
  }
  const expiresAt = row.expiresInMs === null ? Number.POSITIVE_INFINITY : now + row.expiresInMs
  return { row, caller, expiresAt }
}
