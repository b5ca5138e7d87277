// Shows who gets nothing more: a page of the list, or what is listed for one address.

import type { Suppression } from '@postern/contracts/http/suppression'
import type { AddressBody } from '@postern/contracts/http/user'
import type { TenantRun } from '@postern/db/with-tenant'
import type { KeyRing } from '@postern/token/key-ring'
import { recipientDigests } from '../challenge/recipient-digest.ts'
import { addressesOf } from '../user/addresses.ts'
import {
  findSuppressions,
  listSuppressions,
  type SuppressionPage,
  type SuppressionRow,
} from './suppression.store.ts'

export interface ListedSuppressions {
  items: Suppression[]
  next_cursor: string | null
}

export async function pageOfSuppressions(
  run: TenantRun,
  tenantId: string,
  page: SuppressionPage,
): Promise<ListedSuppressions> {
  // One more than asked for tells whether there is a next page.
  const found = await listSuppressions(run, tenantId, { ...page, limit: page.limit + 1 })
  const items = found.slice(0, page.limit).map(show)
  return { items, next_cursor: found.length > page.limit ? (items.at(-1)?.id ?? null) : null }
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
