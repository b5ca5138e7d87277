// Which session a browser's cookie is of, by tenant, session and the secret's digest. Remembered for no longer than the grace
// of a rotation: whoever is answered from memory would have been answered from Postgres too. Whether the session still stands is not
// told here.

import type { GatewayDatabase } from '@postern/db/databases/gateway.database'
import type { Database } from '@postern/db/pool'
import { alone } from '@postern/db/with-tenant'
import { FeedCache } from '@postern/service-kit/auth/feed-cache'
import type { Clock } from '@postern/service-kit/clock'
import type { RevocationFeed } from '@postern/service-kit/revocation-feed'
import type { ReadRefreshToken } from '@postern/token/refresh-token'
import { findBrowserSession } from '../browser/session/browser-session.store.ts'
import { GRACE_SECONDS } from '../session/refresh/rotation.ts'

export interface KnownCookiesDeps {
  database: Database<GatewayDatabase>
  feed: RevocationFeed
  clock: Clock
}

export interface KnownCookie {
  /** what the session had proven when this was read */
  acr: string
  /** milliseconds of our clock: the session's end, or that of the cookie's own grace */
  goodUntil: number
}

export type KnownCookies = FeedCache<KnownCookie>

export const cookieKey = (tenantId: string, { sessionId, digest }: ReadRefreshToken) =>
  `${tenantId}/${sessionId}/${digest.toString('base64url')}`

export function openKnownCookies({ database, feed, clock }: KnownCookiesDeps): KnownCookies {
  return new FeedCache<KnownCookie>({
    read: async (key) => {
      const [tenantId = '', sessionId = '', digest = ''] = key.split('/')
      const run = alone(database, { tenantId, actor: 'service:gateway', requestId: null, traceparent: null })
      const cookie = { sessionId, digest: Buffer.from(digest, 'base64url') }
      const found = await findBrowserSession(run, tenantId, cookie)
      return found && { acr: found.acr, goodUntil: clock.now().getTime() + found.goodForMs }
    },
    feed,
    clock,
    known: { max: 50_000, ttlMs: GRACE_SECONDS * 1_000 },
    unknown: { max: 1_000, ttlMs: 1_000 },
    isGood: ({ goodUntil }, now) => now < goodUntil,
    isChanged: () => false,
  })
}
