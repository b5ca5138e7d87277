// What every process must learn within a second: which sessions, users, tenants and API keys ended or changed. Caches
// stand on it: while the feed is fresh they may answer, when it is stale they must ask Postgres.

import type { Logger } from '@postern/telemetry/logger'
import type { Metrics } from '@postern/telemetry/metric-names'
import type { Clock } from './clock.ts'

export type RevocationKind = 'session' | 'user' | 'tenant' | 'api_key'

export interface Revocation {
  tenantId: string
  kind: RevocationKind
  id: string
  createdAt: Date
}

export interface RevocationFeedOptions {
  /** What was revoked within the last `seconds`, of all tenants: db's `revocationsSince`. */
  read: (seconds: number) => Promise<Revocation[]>
  clock: Clock
  logger: Logger
  metrics?: Metrics
  /** Milliseconds between polls; 300 unless told. */
  pollMs?: number
}

export interface RevocationFeed {
  /** Polls until stopped. Answers after the first poll, whether it succeeded or not. */
  start(): Promise<void>
  /** Ends the polling; the database may be closed after it. */
  stop(): Promise<void>
  /** Reads once; answers whether that succeeded. The polling calls it; tests may. */
  poll(): Promise<boolean>
  /** Whether the feed was read within the last second. Otherwise ask Postgres, and trust no cache. */
  isFresh(): boolean
  /** Whether this was revoked within the last 30 s. What is seen for the first time must ask Postgres instead. */
  isRevoked(kind: RevocationKind, id: string): boolean
  /** Grows with everything the feed learns: a row read from Postgres may be cached if it did not grow meanwhile. */
  mark(): number
  /** Called once for each revocation. */
  onRevoked(listener: (revocation: Revocation) => void): void
  /** Called when the feed was stale and is fresh again: something may have been missed, so caches must be emptied. */
  onRecovered(listener: () => void): void
}

/** Re-read at each poll: a transaction may commit long after the `created_at` that it wrote. */
const WINDOW_SECONDS = 30
const FRESH_MS = 1_000
/** A poll that hangs longer is left behind; the next one may get through. */
const POLL_BOUND_MS = 2_000

export function createRevocationFeed(options: RevocationFeedOptions): RevocationFeed {
  const { read, clock, logger, metrics, pollMs = 300 } = options
  const known = new KnownRevocations()
  const recovered: (() => void)[] = []
  let lastRead = Number.NEGATIVE_INFINITY
  let failing = false
  let timer: NodeJS.Timeout | undefined
  let polling: Promise<boolean> | undefined
  let stopped = false

  const age = () => clock.now().getTime() - lastRead
  // A clock that was set back would make an old reading look fresh for ever.
  const isFresh = () => age() >= 0 && age() <= FRESH_MS

  async function poll(): Promise<boolean> {
    const startedAt = clock.now().getTime()
    try {
      const current = await bounded(read(WINDOW_SECONDS))
      const wasFresh = isFresh()
      if (startedAt < lastRead) return true
      lastRead = startedAt
      known.learn(current)
      if (!wasFresh) {
        known.count += 1
        for (const listener of recovered) listener()
      }
      if (failing) logger.info('the revocation feed is read again')
      failing = false
      return true
    } catch (error) {
      metrics?.feedFailures.add(1, {})
      if (!failing) logger.warn({ err: error }, 'the revocation feed cannot be read; caches are bypassed')
      failing = true
      return false
    }
  }

  async function pollAndPlan(): Promise<void> {
    polling = poll()
    await polling
    if (!stopped) timer = setTimeout(() => void pollAndPlan(), pollMs)
  }

  metrics?.feedAge.observe(() => Math.max(0, age()) / 1_000)
  return {
    start: pollAndPlan,
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await polling
    },
    poll,
    isFresh,
    isRevoked: (kind, id) => known.has(kind, id),
    mark: () => known.count,
    onRevoked: (listener) => known.listeners.push(listener),
    onRecovered: (listener) => recovered.push(listener),
  }
}

/** What the last reading held. Revocations have no id here, so equal ones are counted. */
class KnownRevocations {
  readonly listeners: ((revocation: Revocation) => void)[] = []
  #seen = new Map<string, number>()
  #subjects = new Set<string>()
  /** How often something was learned so far. */
  count = 0

  has(kind: RevocationKind, id: string): boolean {
    return this.#subjects.has(`${kind}:${id}`)
  }

  learn(current: Revocation[]): void {
    const seen = new Map<string, number>()
    const subjects = new Set<string>()
    const fresh: Revocation[] = []
    for (const revocation of current) {
      const subject = `${revocation.kind}:${revocation.id}`
      const key = `${subject}:${revocation.createdAt.getTime()}`
      const times = (seen.get(key) ?? 0) + 1
      seen.set(key, times)
      subjects.add(subject)
      if (times > (this.#seen.get(key) ?? 0)) fresh.push(revocation)
    }
    this.#seen = seen
    this.#subjects = subjects
    this.count += fresh.length
    for (const revocation of fresh) for (const listener of this.listeners) listener(revocation)
  }
}

async function bounded<T>(reading: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new FeedTimeout()), POLL_BOUND_MS)
  })
  try {
    return await Promise.race([reading, late])
  } finally {
    clearTimeout(timer)
  }
}

class FeedTimeout extends Error {
  override readonly name = 'FeedTimeout'
  readonly reason = `no answer within ${POLL_BOUND_MS} ms`
}
