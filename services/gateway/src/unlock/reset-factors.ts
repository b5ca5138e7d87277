// Removes the second factors of somebody who has lost them.

import type { ResetFactors } from '@postern/contracts/http/user'
import type { TenantRun } from '@postern/db/with-tenant'
import { noSuchUser } from '../user/user.ts'
import { removeFactors } from './unlock.store.ts'

/** A repeat finds nothing to remove. @throws AppError NOT_FOUND */
export async function resetFactors(run: TenantRun, tenantId: string, userId: string): Promise<ResetFactors> {
  const removed = await removeFactors(run, tenantId, userId)
  if (removed === undefined) throw noSuchUser()
  return {
    reset: true,
    totp: removed.totp,
    recovery_codes: removed.recoveryCodes,
    failures: removed.failures,
  }
}
