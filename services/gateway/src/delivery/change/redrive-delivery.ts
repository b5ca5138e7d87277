// Drives a dead letter again, with three tries as at first.

import type { DeliveryState } from '@postern/contracts/http/delivery'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { DeliveryRef } from '../delivery.ts'
import { noSuchDelivery, readDelivery } from '../read-delivery.ts'
import { redriveHeld } from './redrive-delivery.store.ts'

/** @throws AppError NOT_FOUND; CONFLICT where it is no dead letter, or its time or its link or code is over */
export async function redriveDelivery(run: TenantRun, ref: DeliveryRef): Promise<DeliveryState> {
  const { answer, was } = await redriveHeld(run, ref)
  if (answer === 'missing') throw noSuchDelivery()
  if (answer === 'refused') throw new AppError('CONFLICT', { reason: `not driven again: it is ${was}` })
  return readDelivery(run, ref)
}
