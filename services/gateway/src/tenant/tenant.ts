// How a tenant and its keys are shown.

import type { ApiKey, Tenant } from '@postern/contracts/http/tenant'

/** Seconds that a link lives unless the tenant is told otherwise. */
export const LINK_TTL_SECONDS = 600

/** Who access tokens are for unless the tenant names its own audience. */
export const audienceOf = (tenantId: string) => `urn:postern:tenant:${tenantId}`

export const showTenant = (row: Omit<Tenant, 'created_at'> & { created_at: Date }): Tenant => ({
  ...row,
  created_at: row.created_at.toISOString(),
})

type Dates = 'created_at' | 'expires_at' | 'revoked_at'

export function showApiKey(
  row: Omit<ApiKey, Dates> & { created_at: Date; expires_at: Date | null; revoked_at: Date | null },
): ApiKey {
  return {
    ...row,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at?.toISOString() ?? null,
    revoked_at: row.revoked_at?.toISOString() ?? null,
  }
}
