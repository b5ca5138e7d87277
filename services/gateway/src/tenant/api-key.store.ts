// API keys: only a digest is stored, and the key is shown once by whoever made it.

import type { Scope } from '@postern/contracts/scopes'
import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'

export interface NewApiKey {
  tenantId: string
  id: string
  prefix: string
  digest: Buffer
  name: string
  scopes: readonly Scope[]
  /** RFC 3339; null: never */
  expiresAt: string | null
}

export interface ApiKeyRecord {
  id: string
  name: string
  prefix: string
  scopes: Scope[]
  created_at: Date
  expires_at: Date | null
  revoked_at: Date | null
}

const COLUMNS = sql`id, name, prefix, scopes, created_at, expires_at, revoked_at`

/** Undefined when there is no such tenant. */
export async function insertApiKey(run: TenantRun, key: NewApiKey): Promise<ApiKeyRecord | undefined> {
  const [row] = await run(sql<ApiKeyRecord>`
    WITH created AS (
      INSERT INTO api_keys (tenant_id, id, prefix, digest, name, scopes, expires_at)
      SELECT t.id, ${key.id}::uuid, ${key.prefix}, ${key.digest}::bytea, ${key.name}, ${key.scopes}::text[],
             ${key.expiresAt}::timestamptz
        FROM tenants t WHERE t.id = ${key.tenantId}::uuid
      RETURNING ${COLUMNS}
    ), told AS (
      INSERT INTO outbox (tenant_id, kind, subject, outcome, data)
      SELECT ${key.tenantId}::uuid, 'api_key.created', 'api_key:' || id, 'success',
             jsonb_build_object('scopes', to_jsonb(scopes)) FROM created
    )
    SELECT ${COLUMNS} FROM created`)
  return row
}

interface ApiKeyPage {
  limit: number
  /** ids below this one; null: from the newest on */
  before: string | null
}

/** Newest first. */
export async function findApiKeys(
  run: TenantRun,
  tenantId: string,
  page: ApiKeyPage,
): Promise<ApiKeyRecord[]> {
  return run(sql<ApiKeyRecord>`
    SELECT ${COLUMNS} FROM api_keys
     WHERE tenant_id = ${tenantId}::uuid AND (${page.before}::uuid IS NULL OR id < ${page.before}::uuid)
     ORDER BY id DESC LIMIT ${page.limit}::integer`)
}

/** Revokes the key for every process. A repeat changes nothing; false when there is no such key. */
export async function revokeApiKey(run: TenantRun, tenantId: string, id: string): Promise<boolean> {
  const rows = await run(sql`
    WITH found AS (SELECT id FROM api_keys WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid),
    revoked AS (
      UPDATE api_keys SET revoked_at = now()
       WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid AND revoked_at IS NULL
      RETURNING id
    ), known AS (
      INSERT INTO revocations (tenant_id, kind, subject_id) SELECT ${tenantId}::uuid, 'api_key', id FROM revoked
    ), told AS (
      INSERT INTO outbox (tenant_id, kind, subject, outcome)
      SELECT ${tenantId}::uuid, 'api_key.revoked', 'api_key:' || id, 'success' FROM revoked
    )
    SELECT id FROM found`)
  return rows.length > 0
}
