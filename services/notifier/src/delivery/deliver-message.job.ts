// The edge between a queue's job and the use case: what became of the delivery is counted, told and answered here.

import type { DeliverPart } from '@postern/contracts/queues'
import { done, failed, type JobOutcome, skipped } from '@postern/queue/job-outcome'
import type { JobHandler } from '@postern/queue/worker'
import type { Logger } from '@postern/telemetry/logger'
import type { Channel } from './channel.ts'
import { type DeliverDeps, type Delivered, deliverMessage } from './deliver-message.ts'
import type { DeliveryMetrics } from './delivery-metrics.ts'

export interface DeliverJobDeps<DB> extends DeliverDeps<DB> {
  readonly logger: Logger
  readonly deliveryMetrics: DeliveryMetrics
  /** Tells the relay that something is due again at once. */
  readonly nudge: () => void
}

export function deliverMessageJob<DB, Message>(
  deps: DeliverJobDeps<DB>,
  channel: Channel<Message>,
): JobHandler<DeliverPart> {
  return async ({ tenant_id: tenantId, delivery_id: deliveryId }) => {
    const delivered = await deliverMessage(deps, channel, { tenantId, deliveryId })
    deps.deliveryMetrics.count(channel.name, delivered)
    // Another vendor is asked without waiting for the relay's next round.
    if (delivered.kind === 'called' && delivered.ending.retryInMs === 0) deps.nudge()
    tell(deps.logger.child({ delivery_id: deliveryId, tenant_id: tenantId }), delivered)
    return answer(delivered)
  }
}

function answer(delivered: Delivered): JobOutcome {
  switch (delivered.kind) {
    case 'refused':
      return skipped(delivered.reason)
    case 'poisoned':
      return failed(delivered.reason)
    case 'stopped':
    case 'postponed':
    case 'unclear':
    case 'fenced':
      return skipped(delivered.kind)
    case 'no_other':
      return delivered.status === null ? skipped('fenced') : done
    case 'found':
      return delivered.recorded ? done : skipped('fenced')
    case 'called':
      return done
  }
}

function tell(logger: Logger, delivered: Delivered): void {
  switch (delivered.kind) {
    case 'refused':
      if (delivered.reason === 'poisoned')
        logger.error({ reason: delivered.reason }, 'delivery is a dead letter')
      else logger.debug({ reason: delivered.reason, ended: delivered.ended }, 'delivery not taken')
      return
    case 'poisoned': {
      const { reason, status } = delivered
      if (status === 'dead_letter') logger.error({ reason }, 'delivery is a dead letter')
      else logger.warn({ reason, status }, 'message could not be made')
      return
    }
    case 'stopped':
      logger.info('delivery ended before its vendor was called')
      return
    case 'postponed':
      logger.warn({ retry_in_ms: delivered.retryInMs }, 'no vendor may be called now')
      return
    case 'no_other':
      logger.warn('no other vendor is listed')
      return
    case 'found':
    case 'unclear': {
      const { number: attempt, provider } = delivered.attempt
      if (delivered.kind === 'found')
        logger.info({ attempt, provider }, 'message found at its vendor: accepted')
      else logger.warn({ attempt, provider }, 'vendor could not say whether it has the message')
      return
    }
    default: {
      const { number: attempt, provider } = delivered.attempt
      const { outcome, errorCode, status } = delivered.ending
      const facts = { attempt, provider, outcome, reason: errorCode, status }
      if (delivered.kind === 'fenced') logger.warn(facts, 'another worker took over: outcome not recorded')
      else if (outcome === 'accepted') logger.info(facts, 'message accepted')
      else logger.warn(facts, 'message not accepted')
    }
  }
}
