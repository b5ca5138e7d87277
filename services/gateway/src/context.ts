// The composition root: builds the gateway's parts from its config, in the order in which they depend on each other.

import type { GatewayDatabase } from '@postern/db/databases/gateway.database'
import { type Database, openDatabase } from '@postern/db/pool'
import { relayStore } from '@postern/db/relay.store'
import { revocationsSince } from '@postern/db/revocation.store'
import { openQueueConnection, type QueueConnection } from '@postern/queue/connection'
import { openRelay } from '@postern/queue/open-relay'
import { createAdminAuth } from '@postern/service-kit/admin-auth'
import { type ApiKeyAuth, createApiKeyAuth } from '@postern/service-kit/api-key-auth'
import { findApiKey } from '@postern/service-kit/auth/api-key.store'
import type { Clock } from '@postern/service-kit/clock'
import type { Parts } from '@postern/service-kit/lifecycle'
import { openRing } from '@postern/service-kit/live-ring'
import type { Random } from '@postern/service-kit/random'
import { createRevocationFeed } from '@postern/service-kit/revocation-feed'
import type { Logger } from '@postern/telemetry/logger'
import { createMetrics, type Metrics } from '@postern/telemetry/metric-names'
import type { Telemetry } from '@postern/telemetry/tracing'
import type { KeyRing } from '@postern/token/key-ring'
import type { Redis } from 'ioredis'
import { openLimitRedis } from './abuse/limit-redis.ts'
import { type GatewayConfig, WRITE_OVERLAP_MS } from './config.ts'

export interface GatewayContext {
  config: GatewayConfig['settings']
  clock: Clock
  random: Random
  logger: Logger
  telemetry: Telemetry
  metrics: Metrics
  database: Database<GatewayDatabase>
  queue: QueueConnection
  /** undefined: every process counts addresses for itself */
  limitRedis: Redis | undefined
  auth: ApiKeyAuth
  operator: ReturnType<typeof createAdminAuth>
  pepper: KeyRing
  sealing: KeyRing
  jwt: KeyRing
  /** the mailed origin, without a slash at the end */
  publicUrl: string
  issuer: string
  /** Tells the relay that something was committed. */
  nudge: () => void
}

export interface Ambient {
  clock: Clock
  random: Random
  logger: Logger
  telemetry: Telemetry
}

const BACKGROUND_CONNECTIONS = 3

export async function buildContext(
  config: GatewayConfig,
  ambient: Ambient,
  parts: Parts,
): Promise<GatewayContext> {
  const { settings, secrets } = config
  const { clock, random, logger, telemetry } = ambient
  const metrics = createMetrics(telemetry.meter)

  const ring = (name: keyof typeof secrets.rings, overlapMs: number) => {
    const watched = openRing(secrets.rings[name], { clock, logger, overlapMs })
    parts.add(`${name} ring`, watched.stop)
    return watched.ring
  }
  const openPool = (applicationName: string, max: number) => {
    const pool = openDatabase<GatewayDatabase>({
      url: secrets.databaseUrl,
      max,
      waitMs: settings.databaseWait,
      applicationName,
      onIdleError: (error) => logger.warn({ err: error }, 'an idle database connection broke'),
    })
    parts.add(applicationName, () => pool.close())
    return pool
  }
  const database = openPool('postern-gateway', settings.poolSize)
  // What must not wait behind requests: the relay and the revocation feed.
  const background = openPool('postern-gateway-background', BACKGROUND_CONNECTIONS)

  const queue = openQueueConnection({
    url: secrets.queueUrl,
    name: 'postern-gateway',
    logger,
    prefix: settings.queuePrefix,
  })
  parts.add('queue', () => queue.close())
  const relay = openRelay({
    connection: queue,
    store: relayStore(background.db),
    logger,
    metrics,
    clock,
    random,
  })
  parts.add('relay', (leftMs) => relay.stop(leftMs))

  const limitRedis = openLimitRedis(secrets.redisUrl, logger)
  parts.add('limit redis', () => limitRedis?.disconnect())

  const feed = createRevocationFeed({
    read: (seconds) => revocationsSince(background.db, seconds),
    clock,
    logger,
    metrics,
  })
  parts.add('revocation feed', () => feed.stop())
  await feed.start()

  return {
    ...ambient,
    config: settings,
    metrics,
    database,
    queue,
    limitRedis,
    auth: createApiKeyAuth({ findKey: (prefix) => findApiKey(database.db, prefix), feed, clock, metrics }),
    operator: createAdminAuth(secrets.adminKey),
    pepper: ring('pepper', WRITE_OVERLAP_MS),
    sealing: ring('seal', WRITE_OVERLAP_MS),
    jwt: ring('jwt', settings.ringOverlap),
    publicUrl: settings.publicUrl,
    issuer: settings.publicUrl,
    nudge: () => relay.nudge(),
  }
}
