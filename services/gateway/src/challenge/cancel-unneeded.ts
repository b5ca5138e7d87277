// What a proven challenge has no more need of is cancelled behind its proof, which is committed and stays, whatever becomes
// of this.

import type { TenantRun } from '@postern/db/with-tenant'
import type { Logger } from '@postern/telemetry/logger'
import type { Metrics } from '@postern/telemetry/metric-names'
import { endProven } from './cancelled-delivery.store.ts'

export interface CancelDeps {
  readonly logger: Logger
  readonly metrics: Metrics
}

/**
 * What is left, also by a worker who is at it or has yet to tell what a vendor said, ends at its next claim; a dead letter
 * keeps its content until its expiry.
 * @param deliveryId as `unsentDelivery` told it; null: all was sent
 */
export async function cancelUnneeded(
  { logger, metrics }: CancelDeps,
  run: TenantRun,
  tenantId: string,
  deliveryId: string | null,
): Promise<void> {
  if (!deliveryId) return
  try {
    await endProven(run, tenantId, deliveryId)
  } catch (error) {
    metrics.cancelFailures.add(1, {})
    logger.warn(
      { tenant_id: tenantId, delivery_id: deliveryId, err: error },
      'an unneeded message was not cancelled',
    )
  }
}
