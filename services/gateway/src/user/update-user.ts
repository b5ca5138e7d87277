// Changes what is named of a user. A disabled user has no session, and gets none.

import type { PatchUserBody, UserRecord } from '@postern/contracts/http/user'
import type { TenantRun } from '@postern/db/with-tenant'
import { changeUser } from './change-user.store.ts'
import { lockUser } from './user.store.ts'
import { noSuchUser, showUserRecord } from './user.ts'

/**
 * A repeat changes nothing and tells nothing.
 * @param run within one transaction: the lock outlives its statement
 * @throws AppError NOT_FOUND
 */
export async function updateUser(
  run: TenantRun,
  tenantId: string,
  id: string,
  body: PatchUserBody,
): Promise<UserRecord> {
  if (!(await lockUser(run, tenantId, id))) throw noSuchUser()
  const change = { tenantId, id, isActive: body.is_active ?? null, metadata: body.metadata ?? null }
  const row = await changeUser(run, change)
  if (row === undefined) throw noSuchUser()
  return showUserRecord(row)
}
