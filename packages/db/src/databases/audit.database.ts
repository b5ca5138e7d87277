// The tables that the audit service's role may touch; a test holds this against its grants.

import type { ApiKeyTable } from '../tables/api-key.table.ts'
import type { AuditEventTable } from '../tables/event.table.ts'
import type { HousekeepingTable } from '../tables/housekeeping.table.ts'
import type { TenantTable } from '../tables/tenant.table.ts'

export interface AuditDatabase {
  tenants: TenantTable
  api_keys: ApiKeyTable
  audit_events: AuditEventTable
  housekeeping: HousekeepingTable
}
