// Takes a sender off its list.

import type { TenantRun } from '@postern/db/with-tenant'
import { deleteSender } from './sender.store.ts'

/** A repeat, and an id that never was, change nothing. */
export async function removeSender(run: TenantRun, tenantId: string, id: string) {
  await deleteSender(run, tenantId, id)
  return { id, deleted: true as const }
}
