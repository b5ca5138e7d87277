// One page of a tenant's deliveries, newest first. A page may hold fewer than were asked for and still not be the last.

import type { DeliverySummary } from '@postern/contracts/http/delivery'
import type { TenantRun } from '@postern/db/with-tenant'
import { readCursor, writeCursor } from '../../paging/id-cursor.ts'
import { showDelivery } from '../delivery.ts'
import { type DeliveryFilter, newestDeliveries } from './list-deliveries.store.ts'

export interface ListDeliveriesInput {
  tenantId: string
  filter: Omit<DeliveryFilter, 'after'>
  /** `next_cursor` of the page before */
  cursor: string | undefined
  /** deliveries at most */
  limit: number
}

export interface DeliveryPage {
  items: DeliverySummary[]
  next_cursor: string | null
}

/** Rows that one page may cost: some ten milliseconds. */
const MOST_LOOKED_AT = 5_000

/** @throws AppError VALIDATION_FAILED for a cursor that is none of ours */
export async function listDeliveries(
  run: TenantRun,
  { tenantId, filter, cursor, limit }: ListDeliveriesInput,
  look = MOST_LOOKED_AT,
): Promise<DeliveryPage> {
  const after = cursor === undefined ? undefined : readCursor(cursor)
  // One more than asked for tells whether there is another page.
  const bounds = { count: limit + 1, look }
  const { found, stoppedAt } = await newestDeliveries(run, tenantId, { ...filter, after }, bounds)
  const items = found.slice(0, limit).map(showDelivery)
  const last = found.length > limit ? (items.at(-1)?.id ?? null) : stoppedAt
  return { items, next_cursor: last === null ? null : writeCursor(last) }
}
