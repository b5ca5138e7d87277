// Tenants, which are read before one is known.

import type { ColumnType, Generated } from 'kysely'

export interface TenantTable {
  id: string
  name: string
  slug: string
  allowed_redirects: string[]
  browser_hosts: string[]
  audience: string
  link_ttl_seconds: number
  is_active: Generated<boolean>
  created_at: ColumnType<Date, never, never>
  updated_at: ColumnType<Date, never, Date | string>
  first_factors: Generated<string[]>
  factor_chain: Generated<string[]>
  /** a list of {to, code}: nothing is sent to these, and the code proves them */
  test_destinations: Generated<unknown>
  session_idle_seconds: Generated<number>
  session_absolute_seconds: Generated<number>
  /** null: a vendor's receipt is not waited for */
  receipt_wait_seconds: number | null
  default_locale: Generated<string>
}

/** Each host of each tenant, kept by a trigger of `tenants`. */
export interface BrowserHostTable {
  tenant_id: string
  host: string
}
