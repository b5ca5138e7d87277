// Erases a user for good. The trail keeps what happened, under ids and digests.

import type { TenantRun } from '@postern/db/with-tenant'
import { lockUser } from '../user.store.ts'
import { eraseUser as erase, lockIdentifiers } from './erase-user.store.ts'

/**
 * A repeat finds nothing and answers the same.
 * @param run within one transaction: the locks outlive their statements
 */
export async function eraseUser(run: TenantRun, tenantId: string, id: string) {
  const identifiers = await lockIdentifiers(run, tenantId, id)
  if (await lockUser(run, tenantId, id)) await erase(run, { tenantId, userId: id, identifiers })
  return { id, erased: true as const }
}
