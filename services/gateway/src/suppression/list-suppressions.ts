// Shows who gets nothing more: a page of the list, or what is listed for one address.

import type { Suppression } from '@postern/contracts/http/suppression'
import type { AddressBody } from '@postern/contracts/http/user'
import type { TenantRun } from '@postern/db/with-tenant'
import type { KeyRing } from '@postern/token/key-ring'
import { recipientDigests } from '../challenge/recipient-digest.ts'
import { pageOf, readCursor } from '../paging/id-cursor.ts'
import { addressesOf } from '../user/addresses.ts'
import { findSuppressions, listSuppressions, type SuppressionRow } from './suppression.store.ts'

export interface ListedSuppressions {
  items: Suppression[]
  next_cursor: string | null
}

export interface SuppressionFilter {
  limit: number
  /** of the page before; null: the first page */
  cursor: string | null
  /** null: of both */
  channel: 'email' | 'sms' | null
}

/** @throws AppError VALIDATION_FAILED for a cursor that is none of ours */
export async function pageOfSuppressions(
  run: TenantRun,
  tenantId: string,
  { limit, cursor, channel }: SuppressionFilter,
): Promise<ListedSuppressions> {
  const before = cursor === null ? null : readCursor(cursor)
  const found = await listSuppressions(run, tenantId, { limit: limit + 1, before, channel })
  const { items, next_cursor } = pageOf(found, limit)
  return { items: items.map(show), next_cursor }
}

/** @throws AppError VALIDATION_FAILED when the address is none */
export async function suppressionsOf(
  { pepper }: { pepper: KeyRing },
  run: TenantRun,
  tenantId: string,
  body: AddressBody,
): Promise<ListedSuppressions> {
  const digests = addressesOf(body).flatMap((one) => recipientDigests(pepper, tenantId, one))
  return { items: (await findSuppressions(run, tenantId, digests)).map(show), next_cursor: null }
}

const show = (row: SuppressionRow): Suppression => ({ ...row, created_at: row.created_at.toISOString() })
