// A tenant by the host that its pages call. Read before a tenant is known, so without row-level security.

import { TENANT_COLUMNS, type TenantRow } from '@postern/service-kit/auth/tenant-row'
import { type Kysely, sql } from 'kysely'

/** The active tenant that has one of these hosts, the longest first; undefined when there is none. */
export async function findTenantOfHost<DB>(
  db: Kysely<DB>,
  hosts: readonly string[],
): Promise<TenantRow | undefined> {
  const { rows } = await sql<TenantRow>`
    SELECT ${TENANT_COLUMNS} FROM browser_hosts b JOIN tenants t ON t.id = b.tenant_id AND t.is_active
     WHERE b.host = ANY (${hosts}::text[]) ORDER BY length(b.host) DESC LIMIT 1`.execute(db)
  return rows[0]
}
