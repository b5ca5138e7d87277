// Reads a user.

import type { UserRecord } from '@postern/contracts/http/user'
import type { TenantRun } from '@postern/db/with-tenant'
import { findUser } from './user.store.ts'
import { noSuchUser, showUserRecord } from './user.ts'

/** @throws AppError NOT_FOUND */
export async function readUser(run: TenantRun, tenantId: string, id: string): Promise<UserRecord> {
  const row = await findUser(run, tenantId, id)
  if (row === undefined) throw noSuchUser()
  return showUserRecord(row)
}
