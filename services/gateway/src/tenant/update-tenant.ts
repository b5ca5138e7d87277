// Changes what is named of a tenant. Disabling it ends its sessions.

import type { PatchTenantBody, Tenant } from '@postern/contracts/http/tenant'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { refuseBroken } from './refuse-broken.ts'
import { changeTenant } from './tenant.store.ts'
import { showTenant } from './tenant.ts'
import { settingsOf, type TenantRules } from './tenant-settings.ts'

/** @throws AppError NOT_FOUND, VALIDATION_FAILED for settings that cannot be, CONFLICT for another tenant's browser host */
export async function updateTenant(
  rules: TenantRules,
  run: TenantRun,
  id: string,
  body: PatchTenantBody,
): Promise<Tenant> {
  const change = { ...settingsOf(body, id, rules), is_active: body.is_active }
  const row = await refuseBroken(changeTenant(run, id, change))
  if (row === undefined) throw new AppError('NOT_FOUND', { reason: 'no such tenant' })
  return showTenant(row)
}
