// Reads a tenant.

import type { Tenant } from '@postern/contracts/http/tenant'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { findTenant } from './tenant.store.ts'
import { showTenant } from './tenant.ts'

/** @throws AppError NOT_FOUND */
export async function readTenant(run: TenantRun, id: string): Promise<Tenant> {
  const row = await findTenant(run, id)
  if (row === undefined) throw new AppError('NOT_FOUND', { reason: 'no such tenant' })
  return showTenant(row)
}
