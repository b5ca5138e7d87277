// How a tenant and its keys are shown.

import type { ApiKey, Tenant } from '@postern/contracts/http/tenant'

/** Seconds that a link lives unless the tenant is told otherwise. */
export const LINK_TTL_SECONDS = 600

/** Who access tokens are for unless the tenant names its own audience. */
export const audienceOf = (tenantId: string) => `urn:postern:tenant:${tenantId}`

/** The language of messages that nobody asked for in another. */
export const DEFAULT_LOCALE = 'en'

/** Seconds that a session lives, and that it may lie unused, unless the tenant is told otherwise. */
export const SESSION_ABSOLUTE_SECONDS = 90 * 86_400
export const SESSION_IDLE_SECONDS = 30 * 86_400

type TenantFacts = Omit<Tenant, 'created_at' | 'policy'> & {
  created_at: Date
  first_factors: Tenant['policy']['first_factors']
  factor_chain: Tenant['policy']['chain']
}

export function showTenant({ first_factors, factor_chain, created_at, ...row }: TenantFacts): Tenant {
  return { ...row, policy: { first_factors, chain: factor_chain }, created_at: created_at.toISOString() }
}

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
