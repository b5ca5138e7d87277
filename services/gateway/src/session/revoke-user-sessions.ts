// Ends the sessions of a user for every process: all of them, or all but one.

import type { TenantRun } from '@postern/db/with-tenant'
import { noSuchUser } from '../user/user.ts'
import { endSessionsOf, type SessionsOfUser } from './session.store.ts'

/** Answers how many ended. @throws AppError NOT_FOUND when there is no such user */
export async function revokeUserSessions(run: TenantRun, tenantId: string, which: SessionsOfUser) {
  const revoked = await endSessionsOf(run, tenantId, which)
  if (revoked === undefined) throw noSuchUser()
  return { user_id: which.userId, revoked }
}
