// Takes a recipient off the list: the next message to them is sent again.

import type { RemovedSuppression } from '@postern/contracts/http/suppression'
import type { TenantRun } from '@postern/db/with-tenant'
import { deleteSuppression } from './suppression.store.ts'

/** A repeat is answered alike. */
export async function removeSuppression(
  run: TenantRun,
  tenantId: string,
  id: string,
): Promise<RemovedSuppression> {
  await deleteSuppression(run, tenantId, id)
  return { id, removed: true }
}
