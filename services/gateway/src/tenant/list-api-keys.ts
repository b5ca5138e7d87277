// Lists a tenant's API keys, newest first.

import type { ApiKey } from '@postern/contracts/http/tenant'
import type { TenantRun } from '@postern/db/with-tenant'
import { findApiKeys } from './api-key.store.ts'
import { showApiKey } from './tenant.ts'

export interface KeyPage {
  items: ApiKey[]
  next_cursor: string | null
}

/** `before`: the cursor of the page before; null: the first page. */
export async function listApiKeys(
  run: TenantRun,
  tenantId: string,
  { limit, before }: { limit: number; before: string | null },
): Promise<KeyPage> {
  // One more than asked for tells whether there is a next page.
  const found = await findApiKeys(run, tenantId, { limit: limit + 1, before })
  const items = found.slice(0, limit).map(showApiKey)
  return { items, next_cursor: found.length > limit ? (items.at(-1)?.id ?? null) : null }
}
