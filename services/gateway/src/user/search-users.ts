// Finds users by an address.

import type { AddressBody, UserRecord } from '@postern/contracts/http/user'
import type { TenantRun } from '@postern/db/with-tenant'
import { addressesOf } from './addresses.ts'
import { findUserOf } from './user.store.ts'
import { showUserRecord } from './user.ts'

export interface UserPage {
  items: UserRecord[]
  next_cursor: null
}

/** One address is one user's at most. @throws AppError VALIDATION_FAILED for an address that cannot be */
export async function searchUsers(run: TenantRun, tenantId: string, body: AddressBody): Promise<UserPage> {
  const [address] = addressesOf(body)
  const row = await findUserOf(run, tenantId, address)
  return { items: row === undefined ? [] : [showUserRecord(row)], next_cursor: null }
}
