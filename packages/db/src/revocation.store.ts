// The feed of what ended, over all tenants. Definition: migrations/0005-relay.sql.

import { type Kysely, sql } from 'kysely'

export interface Revocation {
  tenantId: string
  kind: 'session' | 'user' | 'tenant' | 'api_key'
  id: string
  createdAt: Date
}

/** What ended within the last `seconds`, by the database's clock. */
export async function revocationsSince<DB>(db: Kysely<DB>, seconds: number): Promise<Revocation[]> {
  const { rows } = await sql<Revocation>`
    SELECT tenant_id AS "tenantId", kind, subject_id AS id, created_at AS "createdAt"
      FROM revocations_since(${seconds})`.execute(db)
  return rows
}
