// Calls a delivery off. A repeat answers the same.

import type { DeliveryState } from '@postern/contracts/http/delivery'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { DeliveryRef } from '../delivery.ts'
import { noSuchDelivery, readDelivery } from '../read-delivery.ts'
import { cancelHeld } from './cancel-delivery.store.ts'

/** @throws AppError NOT_FOUND; CONFLICT once sending has begun, or when it has ended otherwise */
export async function cancelDelivery(run: TenantRun, ref: DeliveryRef): Promise<DeliveryState> {
  const { answer, was } = await cancelHeld(run, ref)
  if (answer === 'missing') throw noSuchDelivery()
  if (answer === 'refused' && was !== 'cancelled') {
    throw new AppError('CONFLICT', { reason: `not cancelled: it is ${was}` })
  }
  return readDelivery(run, ref)
}
