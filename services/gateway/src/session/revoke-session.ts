// Ends one session for every process.

import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { endSession } from './session.store.ts'

/** A repeat changes nothing. @throws AppError NOT_FOUND */
export async function revokeSession(run: TenantRun, tenantId: string, id: string) {
  if (!(await endSession(run, tenantId, id))) throw new AppError('NOT_FOUND', { reason: 'no such session' })
  return { id, revoked: true as const }
}
