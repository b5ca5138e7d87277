// Ends sessions for every process: one, or those of a user.

import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { endSession, endSessionsOf, type SessionsOfUser } from './session.store.ts'

/** A repeat changes nothing. @throws AppError NOT_FOUND */
export async function revokeSession(run: TenantRun, tenantId: string, id: string) {
  if (!(await endSession(run, tenantId, id))) throw new AppError('NOT_FOUND', { reason: 'no such session' })
  return { id, revoked: true as const }
}

/** Answers how many ended. @throws AppError NOT_FOUND when there is no such user */
export async function revokeSessionsOf(run: TenantRun, tenantId: string, which: SessionsOfUser) {
  const revoked = await endSessionsOf(run, tenantId, which)
  if (revoked === undefined) throw new AppError('NOT_FOUND', { reason: 'no such user' })
  return { user_id: which.userId, revoked }
}
