// Moves a delivery to another time; how long it is worth sending, and how long its link or code works, moves with it.

import type { DeliveryState } from '@postern/contracts/http/delivery'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { Clock } from '@postern/service-kit/clock'
import { readSendAt } from '../../challenge/issue/read-wanted.ts'
import type { DeliveryRef } from '../delivery.ts'
import { noSuchDelivery, readDelivery } from '../read-delivery.ts'
import { rescheduleHeld } from './reschedule-delivery.store.ts'

/**
 * @param sendAt within 90 days; a moment already past means now
 * @throws AppError VALIDATION_FAILED, NOT_FOUND; CONFLICT once sending has begun, or when what it carries is over
 */
export async function rescheduleDelivery(
  { clock }: { clock: Clock },
  run: TenantRun,
  ref: DeliveryRef,
  sendAt: string,
): Promise<DeliveryState> {
  const { answer, was } = await rescheduleHeld(run, ref, readSendAt(sendAt, clock.now()))
  if (answer === 'missing') throw noSuchDelivery()
  if (answer === 'refused') throw new AppError('CONFLICT', { reason: `not rescheduled: it is ${was}` })
  return readDelivery(run, ref)
}
