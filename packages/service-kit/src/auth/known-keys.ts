// API keys by their prefix: from memory while the revocation feed is fresh, for 60 s at most, else from Postgres.

import type { Scope } from '@postern/contracts/scopes'
import type { Metrics } from '@postern/telemetry/metric-names'
import type { ApiKeyCaller } from '../caller.ts'
import type { Clock } from '../clock.ts'
import type { RevocationFeed } from '../revocation-feed.ts'
import type { ApiKeyRow } from './api-key.store.ts'
import { FeedCache } from './feed-cache.ts'
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

/** The keys of a process; `find` answers a key whatever its state, undefined when no key has the prefix. */
export function createKnownKeys({ findKey, feed, clock, metrics }: KnownKeysOptions): FeedCache<KnownKey> {
  return new FeedCache<KnownKey>({
    read: async (prefix) => {
      const row = await findKey(prefix)
      return row && knownKey(row, clock.now().getTime())
    },
    feed,
    clock,
    known: { max: 10_000, ttlMs: 60_000 },
    unknown: { max: 1_000, ttlMs: 10_000 },
    isChanged: ({ row }, { kind, id }) =>
      (kind === 'api_key' && row.id === id) || (kind === 'tenant' && row.tenantId === id),
    onLookup: (source) => metrics?.apiKeyLookups.add(1, { source }),
  })
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
