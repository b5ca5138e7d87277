// Changes what is named of a tenant.

import type { PatchTenantBody, Tenant } from '@postern/contracts/http/tenant'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { checkAllowedRedirects } from '../challenge/redirect.ts'
import { changeTenant } from './tenant.store.ts'
import { showTenant } from './tenant.ts'

/** @throws AppError NOT_FOUND, VALIDATION_FAILED for a redirect that cannot be */
export async function updateTenant(run: TenantRun, id: string, change: PatchTenantBody): Promise<Tenant> {
  if (change.allowed_redirects) checkAllowedRedirects(change.allowed_redirects)
  const row = await changeTenant(run, id, change)
  if (row === undefined) throw new AppError('NOT_FOUND', { reason: 'no such tenant' })
  return showTenant(row)
}
