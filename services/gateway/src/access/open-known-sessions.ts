// How sessions stand, by tenant and id: from memory while the revocation feed is fresh, else from Postgres. A session that
// ended is refused within a second, whatever is remembered.

import type { GatewayDatabase } from '@postern/db/databases/gateway.database'
import type { Database } from '@postern/db/pool'
import { alone } from '@postern/db/with-tenant'
import { FeedCache } from '@postern/service-kit/auth/feed-cache'
import type { Clock } from '@postern/service-kit/clock'
import type { RevocationFeed } from '@postern/service-kit/revocation-feed'
import type { Metrics } from '@postern/telemetry/metric-names'
import { findStanding } from './standing.store.ts'
import type { Standing } from './standing.ts'

export interface KnownSessionsDeps {
  database: Database<GatewayDatabase>
  feed: RevocationFeed
  clock: Clock
  metrics: Metrics
}

export interface KnownSession extends Standing {
  /** milliseconds of our clock */
  readAt: number
}

export type KnownSessions = FeedCache<KnownSession>

export const sessionKey = (tenantId: string, sessionId: string) => `${tenantId}/${sessionId}`

/** No revocation tells that a user was enabled or proved an address: a no is asked again after this time. */
export const NO_HOLDS_MS = 1_000

export function openKnownSessions({ database, feed, clock, metrics }: KnownSessionsDeps): KnownSessions {
  return new FeedCache<KnownSession>({
    read: async (key) => {
      const [tenantId = '', sessionId = ''] = key.split('/')
      const run = alone(database, { tenantId, actor: 'service:gateway', requestId: null, traceparent: null })
      const standing = await findStanding(run, { tenantId, sessionId, refreshDigest: null })
      return standing && { ...standing, readAt: clock.now().getTime() }
    },
    feed,
    clock,
    known: { max: 50_000, ttlMs: 600_000 },
    unknown: { max: 1_000, ttlMs: NO_HOLDS_MS },
    isGood,
    keyOf: ({ kind, tenantId, id }) => (kind === 'session' ? sessionKey(tenantId, id) : undefined),
    isChanged: (session, { kind, id }) =>
      (kind === 'user' && session.userId === id) || (kind === 'tenant' && session.tenantId === id),
    onLookup: (source) => metrics.sessionLookups.add(1, { source }),
  })
}

function isGood({ state, readAt, endsInMs }: KnownSession, now: number): boolean {
  if (state === 'live') return now < readAt + endsInMs
  return state === 'revoked' || now < readAt + NO_HOLDS_MS
}
