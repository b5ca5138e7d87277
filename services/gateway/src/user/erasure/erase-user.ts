// Erases a user for good. The trail keeps what happened, under ids and digests.

import type { TenantRun } from '@postern/db/with-tenant'
import type { KeyRing } from '@postern/token/key-ring'
import { recipientDigests } from '../../challenge/recipient-digest.ts'
import { lockUser } from '../user.store.ts'
import { eraseUser as erase, findIdentifiers, lockDeliveries, lockIdentifiers } from './erase-user.store.ts'

/**
 * A repeat finds nothing and answers the same.
 * @param run within one transaction: the locks outlive their statements
 */
export async function eraseUser(
  { pepper }: { pepper: KeyRing },
  run: TenantRun,
  tenantId: string,
  userId: string,
) {
  const known = await findIdentifiers(run, tenantId, userId)
  const recipients = known.flatMap((one) => recipientDigests(pepper, tenantId, one))
  await lockDeliveries(run, { tenantId, userId, recipients })
  const identifiers = await lockIdentifiers(run, tenantId, userId)
  if (await lockUser(run, tenantId, userId)) await erase(run, { tenantId, userId, identifiers, recipients })
  return { id: userId, erased: true as const }
}
