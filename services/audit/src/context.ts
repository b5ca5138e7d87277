// The composition root: builds the audit service's parts from its config, in the order in which they depend on each
// other. None of them needs Postgres or the queue yet: what is away at the start is used when it comes.

import type { AuditDatabase } from '@postern/db/databases/audit.database'
import { type Database, openDatabase } from '@postern/db/pool'
import { relayStore } from '@postern/db/relay.store'
import { lastPurgeEnded, purgeEnded } from '@postern/db/retention.store'
import { revocationsSince } from '@postern/db/revocation.store'
import { openQueueConnection, type QueueConnection } from '@postern/queue/connection'
import { openRelay } from '@postern/queue/open-relay'
import type { Ambient } from '@postern/service-kit/ambient'
import { type ApiKeyAuth, createApiKeyAuth } from '@postern/service-kit/api-key-auth'
import { findApiKey } from '@postern/service-kit/auth/api-key.store'
import type { Parts } from '@postern/service-kit/lifecycle'
import { createRevocationFeed } from '@postern/service-kit/revocation-feed'
import { createMetrics, type Metrics } from '@postern/telemetry/metric-names'
import type { AuditConfig, AuditSettings } from './config.ts'
import { purgeDaily } from './retention/purge-daily.ts'

export interface AuditContext extends Ambient {
  readonly settings: AuditSettings
  readonly metrics: Metrics
  readonly database: Database<AuditDatabase>
  readonly queue: QueueConnection
  readonly auth: ApiKeyAuth
}

export async function buildContext(
  { settings, secrets }: AuditConfig,
  ambient: Ambient,
  parts: Parts,
): Promise<AuditContext> {
  const { clock, random, logger, telemetry } = ambient
  const metrics = createMetrics(telemetry.meter)

  const database = openDatabase<AuditDatabase>({
    url: secrets.databaseUrl,
    max: settings.poolSize,
    applicationName: 'postern-audit',
    onIdleError: (err) => logger.warn({ err }, 'an idle database connection broke'),
  })
  parts.add('database', () => database.close())
  const queue = await openQueueConnection({
    url: secrets.queueUrl,
    name: 'postern-audit',
    logger,
    prefix: settings.queuePrefix,
    tracing: telemetry.tracing,
  })
  parts.add('queue', () => queue.close())
  // Any service relays deliveries: with one left running, mails still go out. Events are handed over here alone.
  const store = relayStore(database.db)
  const relay = openRelay({ connection: queue, store, logger, metrics, clock, random, events: true })
  parts.add('relay', (leftMs) => relay.stop(leftMs))

  const purge = (batch: number) => purgeEnded(database.db, batch, settings.retentionDays)
  const retention = purgeDaily({ purge, logger, metrics })
  parts.add('retention', () => retention.stop())
  metrics.retentionEnded.observe(() => lastPurgeEnded(database.db))

  const read = (seconds: number) => revocationsSince(database.db, seconds)
  const feed = createRevocationFeed({ read, clock, logger, metrics })
  parts.add('revocation feed', () => feed.stop())
  await feed.start()
  const findKey = (prefix: string) => findApiKey(database.db, prefix)
  const auth = createApiKeyAuth({ findKey, feed, clock, metrics })

  return { ...ambient, settings, metrics, database, queue, auth }
}
