// Revokes an API key for every process.

import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { revokeApiKey as revoke } from './api-key.store.ts'

/** A repeat changes nothing. @throws AppError NOT_FOUND */
export async function revokeApiKey(run: TenantRun, tenantId: string, keyId: string) {
  if (!(await revoke(run, tenantId, keyId))) throw new AppError('NOT_FOUND', { reason: 'no such API key' })
  return { id: keyId, revoked: true as const }
}
