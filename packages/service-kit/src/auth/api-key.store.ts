// An API key and its tenant in one read. Neither table has row-level security: both are read before a tenant is known.

import { type Kysely, sql } from 'kysely'
import { TENANT_COLUMNS, type TenantRow } from './tenant-row.ts'

export interface ApiKeyRow extends TenantRow {
  id: string
  /** SHA-256 of the whole key */
  digest: Buffer
  scopes: string[]
  revoked: boolean
  /** Until the key expires, by the database's clock when it was read; null: never. Negative: it has. */
  expiresInMs: number | null
}

/** The key with this prefix, whatever its state; undefined when there is none. */
export async function findApiKey<DB>(db: Kysely<DB>, prefix: string): Promise<ApiKeyRow | undefined> {
  const { rows } = await sql<ApiKeyRow>`
    SELECT k.id, k.digest, k.scopes, k.revoked_at IS NOT NULL AS revoked,
           (extract(epoch FROM k.expires_at - now()) * 1000)::double precision AS "expiresInMs",
           ${TENANT_COLUMNS}
      FROM api_keys k JOIN tenants t ON t.id = k.tenant_id
     WHERE k.prefix = ${prefix}`.execute(db)
  return rows[0]
}
