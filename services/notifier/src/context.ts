// The notifier's parts, built from its configuration and ended in the reverse order. Tests put others in their places.

import { hostname } from 'node:os'
import type { NotifierDatabase } from '@postern/db/databases/notifier.database'
import { type Database, openDatabase } from '@postern/db/pool'
import { relayStore } from '@postern/db/relay.store'
import { openQueueConnection, type QueueConnection } from '@postern/queue/connection'
import { openRelay } from '@postern/queue/open-relay'
import { type Clock, systemClock } from '@postern/service-kit/clock'
import type { Parts } from '@postern/service-kit/lifecycle'
import { openRing } from '@postern/service-kit/live-ring'
import { type Random, systemRandom } from '@postern/service-kit/random'
import type { Logger } from '@postern/telemetry/logger'
import { createMetrics, type Metrics } from '@postern/telemetry/metric-names'
import { startTelemetry, type Telemetry } from '@postern/telemetry/tracing'
import type { NotifierConfig, NotifierSecrets, NotifierSettings } from './config.ts'
import type { Channel } from './delivery/channel.ts'
import type { DeliverDeps } from './delivery/deliver-message.ts'
import { createDeliveryMetrics, type DeliveryMetrics } from './delivery/delivery-metrics.ts'
import { createEmailChannel } from './delivery/email-channel.ts'
import { type Failpoint, killAt, noFailpoint } from './failpoint.ts'
import type { EmailMessage } from './sender/sender.ts'
import { createSendGridSender } from './sender/sendgrid.sender.ts'
import { tracedSender } from './sender/traced-sender.ts'
import { createVendorRouter } from './sender/vendor-router.ts'

export interface Context extends DeliverDeps<NotifierDatabase> {
  readonly settings: NotifierSettings
  readonly logger: Logger
  readonly telemetry: Telemetry
  readonly metrics: Metrics
  readonly deliveryMetrics: DeliveryMetrics
  readonly queue: QueueConnection
  readonly email: Channel<EmailMessage>
}

export interface Overrides {
  readonly clock?: Clock
  readonly random?: Random
  readonly failpoint?: Failpoint
  /** For one vendor call, in milliseconds; 8,000 unless told. */
  readonly callMs?: number
}

const VERSION = '0.1.0'
const CALL_MS = 8_000

export function createContext(
  { settings, secrets }: NotifierConfig,
  { logger, parts }: { logger: Logger; parts: Parts },
  overrides: Overrides = {},
): Context {
  const { clock = systemClock, random = systemRandom, callMs = CALL_MS } = overrides
  const { otlpEndpoint } = settings
  const telemetry = startTelemetry({
    service: 'notifier',
    version: VERSION,
    ...(otlpEndpoint && { otlpEndpoint }),
  })
  parts.add('telemetry', (leftMs) => telemetry.stop(leftMs))
  const metrics = createMetrics(telemetry.meter)
  const database = openNotifierDatabase(settings, secrets, logger)
  parts.add('database', () => database.close())
  const queue = openQueueConnection({
    url: secrets.queueUrl,
    name: 'postern-notifier',
    logger,
    prefix: settings.queuePrefix,
  })
  parts.add('queue connection', () => queue.close())
  // Any service relays deliveries: with this one alone left running, mails still go out.
  const store = relayStore(database.db)
  const relay = openRelay({ connection: queue, store, logger, metrics, clock, random })
  parts.add('relay', (leftMs) => relay.stop(leftMs))
  // Nothing is sealed here, so a new key need not wait before it is current.
  const sealRing = openRing(secrets.sealRing, { clock, logger, overlapMs: 0 })
  parts.add('seal ring', sealRing.stop)
  const sendgrid = createSendGridSender({
    url: settings.sendgridUrl,
    apiKey: secrets.sendgridApiKey,
    timeoutMs: callMs,
    connections: settings.concurrency,
  })
  parts.add('sendgrid', () => sendgrid.close())
  const vendors = createVendorRouter([tracedSender(sendgrid, telemetry.tracer)])
  return {
    settings,
    logger,
    telemetry,
    metrics,
    deliveryMetrics: createDeliveryMetrics(metrics, telemetry.meter),
    clock,
    random,
    database,
    queue,
    email: createEmailChannel({ sealRing, from: settings.emailFrom, vendors }),
    worker: `${hostname()}:${process.pid}`,
    failpoint: overrides.failpoint ?? failpointOf(settings),
    callMs,
  }
}

function openNotifierDatabase(
  settings: NotifierSettings,
  secrets: NotifierSecrets,
  logger: Logger,
): Database<NotifierDatabase> {
  return openDatabase<NotifierDatabase>({
    url: secrets.databaseUrl,
    max: settings.poolSize,
    applicationName: 'postern-notifier',
    onIdleError: (err) => logger.warn({ err }, 'an idle database connection broke'),
  })
}

function failpointOf({ failpoint }: NotifierSettings): Failpoint {
  const [point] = failpoint?.split(':') ?? []
  return point === undefined ? noFailpoint : killAt(point, () => process.kill(process.pid, 'SIGKILL'))
}
