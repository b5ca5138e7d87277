// The composition root: builds the notifier's parts from its config, in the order in which they depend on each other.
// None of them needs Postgres or the queue yet: what is away at the start is used when it comes.

import { hostname } from 'node:os'
import type { NotifierDatabase } from '@postern/db/databases/notifier.database'
import { openDatabase } from '@postern/db/pool'
import { relayStore } from '@postern/db/relay.store'
import { openQueueConnection, type QueueConnection } from '@postern/queue/connection'
import { openRelay } from '@postern/queue/open-relay'
import type { Ambient } from '@postern/service-kit/ambient'
import { failpointOf } from '@postern/service-kit/failpoint'
import type { Parts } from '@postern/service-kit/lifecycle'
import { openRing } from '@postern/service-kit/live-ring'
import { createMetrics, type Metrics } from '@postern/telemetry/metric-names'
import type { NotifierConfig, NotifierSettings } from './config.ts'
import type { Channel } from './delivery/channel.ts'
import type { DeliverDeps } from './delivery/deliver-message.ts'
import { createDeliveryMetrics, type DeliveryMetrics } from './delivery/delivery-metrics.ts'
import { createEmailChannel } from './delivery/email-channel.ts'
import { createSmsChannel } from './delivery/sms-channel.ts'
import { askRegularly } from './receipt/ask-regularly.ts'
import { openVendors } from './sender/open-vendors.ts'
import type { EmailMessage, SmsMessage } from './sender/sender.ts'

export interface NotifierContext extends Ambient, DeliverDeps<NotifierDatabase> {
  readonly settings: NotifierSettings
  readonly metrics: Metrics
  readonly deliveryMetrics: DeliveryMetrics
  readonly queue: QueueConnection
  readonly email: Channel<EmailMessage>
  readonly sms: Channel<SmsMessage>
  /** Tells the relay that something is due again at once. */
  readonly nudge: () => void
}

/** For one vendor call, well below the lease. */
const CALL_MS = 8_000

/** Gateways look for new keys every five seconds. */
const RECEIPT_OVERLAP_MS = 15_000

export async function buildContext(
  { settings, secrets }: NotifierConfig,
  ambient: Ambient,
  parts: Parts,
): Promise<NotifierContext> {
  const { clock, random, logger, telemetry } = ambient
  const metrics = createMetrics(telemetry.meter)

  const database = openDatabase<NotifierDatabase>({
    url: secrets.databaseUrl,
    max: settings.poolSize,
    applicationName: 'postern-notifier',
    onIdleError: (err) => logger.warn({ err }, 'an idle database connection broke'),
  })
  parts.add('database', () => database.close())
  const queue = await openQueueConnection({
    url: secrets.queueUrl,
    name: 'postern-notifier',
    logger,
    prefix: settings.queuePrefix,
    tracing: telemetry.tracing,
  })
  parts.add('queue', () => queue.close())
  // Any service relays deliveries: with this one alone left running, mails still go out.
  const store = relayStore(database.db)
  const failpoint = failpointOf(settings.failpoint)
  const relay = openRelay({ connection: queue, store, logger, metrics, clock, random, failpoint })
  parts.add('relay', (leftMs) => relay.stop(leftMs))

  // Nothing is sealed here, so a new key need not wait before it is current.
  const sealRing = openRing(secrets.rings.seal, { clock, logger, overlapMs: 0 })
  parts.add('seal ring', sealRing.stop)
  // Whoever checks the marks has a new key before it writes them here.
  const receiptRing = openRing(secrets.rings.receipt, { clock, logger, overlapMs: RECEIPT_OVERLAP_MS })
  parts.add('receipt ring', receiptRing.stop)
  const vendors = await openVendors({
    ...secrets,
    concurrency: { email: settings.emailConcurrency, sms: settings.smsConcurrency },
    production: settings.environment === 'production',
    webhookUrl: settings.webhookUrl,
    receiptRing: receiptRing.ring,
    readSecret: secrets.senderSecret,
    prefix: settings.queuePrefix,
    clock,
    logger,
    metrics,
    tracer: telemetry.tracer,
  })
  parts.add('vendors', vendors.close)

  const asking = askRegularly({ database, vendors, clock, metrics, logger, nudge: () => relay.nudge() })
  parts.add('asking', () => asking.stop())

  return {
    ...ambient,
    settings,
    metrics,
    deliveryMetrics: createDeliveryMetrics(metrics),
    database,
    queue,
    email: createEmailChannel({ sealRing, from: settings.emailFrom, vendors: vendors.email }),
    sms: createSmsChannel({ sealRing, vendors: vendors.sms }),
    worker: `${hostname()}:${process.pid}`,
    failpoint,
    callMs: CALL_MS,
    nudge: () => relay.nudge(),
  }
}
