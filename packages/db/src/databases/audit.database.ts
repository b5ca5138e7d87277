import type { ApiKeyTable } from '../tables/api-key.table.ts'
import type { AuditEventTable } from '../tables/event.table.ts'
import type { TenantTable } from '../tables/tenant.table.ts'

/** What the audit service's role may touch. */
export interface AuditDatabase {
  tenants: TenantTable
  api_keys: ApiKeyTable
  audit_events: AuditEventTable
}
