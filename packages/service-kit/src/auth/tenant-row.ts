// A tenant as it is read with what led to it (an API key, a browser's host), and as routes see it.

import type { ChainMethod, FirstFactor } from '@postern/contracts/challenge'
import { sql } from 'kysely'
import type { CallerTenant, TestDestination } from '../caller.ts'

export interface TenantRow {
  tenantId: string
  tenantIsActive: boolean
  tenantName: string
  tenantSlug: string
  audience: string
  allowedRedirects: string[]
  browserHosts: string[]
  linkTtlSeconds: number
  firstFactors: FirstFactor[]
  factorChain: ChainMethod[]
  testDestinations: TestDestination[]
  sessionIdleSeconds: number
  sessionAbsoluteSeconds: number
}

/** The columns of a row of `tenants AS t`. */
export const TENANT_COLUMNS = sql`t.id AS "tenantId", t.is_active AS "tenantIsActive", t.name AS "tenantName",
  t.slug AS "tenantSlug", t.audience, t.allowed_redirects AS "allowedRedirects", t.browser_hosts AS "browserHosts",
  t.link_ttl_seconds AS "linkTtlSeconds", t.first_factors AS "firstFactors", t.factor_chain AS "factorChain",
  t.test_destinations AS "testDestinations", t.session_idle_seconds AS "sessionIdleSeconds",
  t.session_absolute_seconds AS "sessionAbsoluteSeconds"`

export const callerTenant = (row: TenantRow): CallerTenant => ({
  id: row.tenantId,
  name: row.tenantName,
  slug: row.tenantSlug,
  audience: row.audience,
  allowedRedirects: row.allowedRedirects,
  browserHosts: row.browserHosts,
  linkTtlSeconds: row.linkTtlSeconds,
  firstFactors: row.firstFactors,
  factorChain: row.factorChain,
  testDestinations: row.testDestinations,
  sessionIdleSeconds: row.sessionIdleSeconds,
  sessionAbsoluteSeconds: row.sessionAbsoluteSeconds,
})
