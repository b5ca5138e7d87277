// Authentication by API key. Answers from memory only while the revocation feed is fresh, for 60 s at most; a key that
// expired, was revoked or whose tenant was disabled is refused whatever is remembered.

import { timingSafeEqual } from 'node:crypto'
import type { Scope } from '@postern/contracts/scopes'
import type { Metrics } from '@postern/telemetry/metric-names'
import { parseApiKey } from '@postern/token/api-key'
import type { FastifyRequest } from 'fastify'
import { AppError } from './app-error.ts'
import type { ApiKeyRow } from './auth/api-key.store.ts'
import { bearerOf } from './auth/bearer.ts'
import { BoundedCache } from './auth/bounded-cache.ts'
import type { ApiKeyCaller } from './caller.ts'
import type { Clock } from './clock.ts'
import type { RevocationFeed } from './revocation-feed.ts'

export interface ApiKeyAuthOptions {
  /** Reads a key by its prefix: `(prefix) => findApiKey(database.db, prefix)`. */
  findKey: (prefix: string) => Promise<ApiKeyRow | undefined>
  feed: RevocationFeed
  clock: Clock
  metrics?: Metrics
}

/** A key as it was read; what it says about time and caller is fixed then. */
interface KnownKey {
  readonly row: ApiKeyRow
  readonly caller: ApiKeyCaller
  /** Milliseconds of our clock at which the key expires. */
  readonly expiresAt: number
}

const KEYS = { max: 10_000, ttlMs: 60_000 }
/** Prefixes without a key: few and short-lived, so that guessing fills nothing. */
const UNKNOWN = { max: 1_000, ttlMs: 10_000 }

/** Makes the authentication of a process. Spread `requireScope(…)` into a route's options. */
export function createApiKeyAuth({ findKey, feed, clock, metrics }: ApiKeyAuthOptions) {
  const keys = new BoundedCache<KnownKey>(KEYS.max, KEYS.ttlMs)
  const unknown = new BoundedCache<true>(UNKNOWN.max, UNKNOWN.ttlMs)
  const reading = new Map<string, { mark: number; key: Promise<KnownKey | undefined> }>()
  const now = () => clock.now().getTime()

  feed.onRevoked(({ kind, id }) => {
    if (kind === 'api_key') keys.deleteWhere(({ row }) => row.id === id)
    if (kind === 'tenant') keys.deleteWhere(({ row }) => row.tenantId === id)
  })
  feed.onRecovered(() => {
    keys.clear()
    unknown.clear()
  })

  async function read(prefix: string): Promise<KnownKey | undefined> {
    const mark = feed.mark()
    const row = await findKey(prefix)
    const key = row && knownKey(row, now())
    // What the feed learned while we read may be about this key: then the row answers once and is not kept.
    if (!feed.isFresh() || feed.mark() !== mark) return key
    if (key) keys.set(prefix, key, now())
    else unknown.set(prefix, true, now())
    return key
  }

  /** Requests for the same key share one read, unless the feed has learned something since it began. */
  function readShared(prefix: string): Promise<KnownKey | undefined> {
    const running = reading.get(prefix)
    if (running?.mark === feed.mark()) return running.key
    const begun = { mark: feed.mark(), key: read(prefix) }
    reading.set(prefix, begun)
    const forget = () => void (reading.get(prefix) === begun && reading.delete(prefix))
    begun.key.then(forget, forget)
    return begun.key
  }

  function lookUp(prefix: string): KnownKey | undefined | Promise<KnownKey | undefined> {
    if (!feed.isFresh()) {
      metrics?.apiKeyLookups.add(1, { source: 'database_feed_stale' })
      return read(prefix)
    }
    const key = keys.get(prefix, now())
    if (key ?? unknown.get(prefix, now())) {
      metrics?.apiKeyLookups.add(1, { source: 'cache' })
      return key
    }
    metrics?.apiKeyLookups.add(1, { source: 'database' })
    return readShared(prefix)
  }

  /** @throws AppError UNAUTHENTICATED or FORBIDDEN; what the database throws becomes 503. */
  async function authenticate(request: FastifyRequest, scope: Scope): Promise<ApiKeyCaller> {
    const presented = parseApiKey(bearerOf(request))
    if (presented === null) throw refused('not an API key')
    const key = await lookUp(presented.prefix)
    if (key === undefined) throw refused('unknown key')
    if (!timingSafeEqual(presented.digest, key.row.digest)) throw refused('wrong secret')
    if (key.row.revoked) throw refused('revoked key')
    if (key.expiresAt <= now()) throw refused('expired key')
    if (!key.row.tenantIsActive) throw refused('disabled tenant')
    request.caller = key.caller
    if (!key.caller.scopes.includes(scope)) throw new AppError('FORBIDDEN', { reason: `lacks ${scope}` })
    return key.caller
  }

  function requireScope(scope: Scope) {
    const onRequest = async (request: FastifyRequest) => void (await authenticate(request, scope))
    return { onRequest, config: { scope } }
  }

  return { authenticate, requireScope }
}

export type ApiKeyAuth = ReturnType<typeof createApiKeyAuth>

function refused(reason: string): AppError {
  return new AppError('UNAUTHENTICATED', { reason })
}

function knownKey(row: ApiKeyRow, now: number): KnownKey {
  const caller: ApiKeyCaller = {
    kind: 'api_key',
    tenantId: row.tenantId,
    apiKeyId: row.id,
    scopes: row.scopes as Scope[],
    tenant: {
      id: row.tenantId,
      name: row.tenantName,
      slug: row.tenantSlug,
      audience: row.audience,
      allowedRedirects: row.allowedRedirects,
      browserHosts: row.browserHosts,
      linkTtlSeconds: row.linkTtlSeconds,
    },
  }
  const expiresAt = row.expiresInMs === null ? Number.POSITIVE_INFINITY : now + row.expiresInMs
  return { row, caller, expiresAt }
}
