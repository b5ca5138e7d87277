// Tells the state of a delivery.

import type { DeliveryState } from '@postern/contracts/http/delivery'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { findDelivery } from './delivery.store.ts'
import { type DeliveryRef, showDelivery } from './delivery.ts'

/** @throws AppError NOT_FOUND */
export async function readDelivery(run: TenantRun, ref: DeliveryRef): Promise<DeliveryState> {
  const found = await findDelivery(run, ref)
  if (found === undefined) throw noSuchDelivery()
  const instant = (text: string) => new Date(text).toISOString()
  return {
    ...showDelivery(found),
    attempts: found.attempts.map((one) => ({
      ...one,
      started_at: instant(one.started_at),
      finished_at: one.finished_at === null ? null : instant(one.finished_at),
    })),
    receipts: found.receipts.map((one) => ({ ...one, occurred_at: instant(one.occurred_at) })),
  }
}

export const noSuchDelivery = () => new AppError('NOT_FOUND', { reason: 'no such delivery' })
