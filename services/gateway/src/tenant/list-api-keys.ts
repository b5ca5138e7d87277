// Lists a tenant's API keys, newest first.

import type { ApiKey } from '@postern/contracts/http/tenant'
import type { TenantRun } from '@postern/db/with-tenant'
import { pageOf, readCursor } from '../paging/id-cursor.ts'
import { findApiKeys } from './api-key.store.ts'
import { showApiKey } from './tenant.ts'

export interface KeyPage {
  items: ApiKey[]
  next_cursor: string | null
}

/** `cursor`: of the page before; null: the first page. @throws AppError VALIDATION_FAILED for a cursor that is none of ours */
export async function listApiKeys(
  run: TenantRun,
  tenantId: string,
  { limit, cursor }: { limit: number; cursor: string | null },
): Promise<KeyPage> {
  const before = cursor === null ? null : readCursor(cursor)
  const found = await findApiKeys(run, tenantId, { limit: limit + 1, before })
  const { items, next_cursor } = pageOf(found, limit)
  return { items: items.map(showApiKey), next_cursor }
}
