// Shows who gets nothing more: a page of the list.

import type { TenantRun } from '@postern/db/with-tenant'
import { pageOf, readCursor } from '../paging/id-cursor.ts'
import { readSuppressions } from './suppression.store.ts'
import { type ListedSuppressions, showSuppression } from './suppression.ts'

export interface SuppressionFilter {
  limit: number
  /** of the page before; null: the first page */
  cursor: string | null
  /** null: of both */
  channel: 'email' | 'sms' | null
}

/** @throws AppError VALIDATION_FAILED for a cursor that is none of ours */
export async function listSuppressions(
  run: TenantRun,
  tenantId: string,
  { limit, cursor, channel }: SuppressionFilter,
): Promise<ListedSuppressions> {
  const before = cursor === null ? null : readCursor(cursor)
  const found = await readSuppressions(run, tenantId, { limit: limit + 1, before, channel })
  const { items, next_cursor } = pageOf(found, limit)
  return { items: items.map(showSuppression), next_cursor }
}
