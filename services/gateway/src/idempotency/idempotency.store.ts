// The memory of answered requests: one row a key, written in the transaction of what it answers.

import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'

export interface StoredAnswer {
  requestDigest: Buffer
  status: number
  answer: unknown
}

/** Whether this transaction is the only one that works on the key. Held until it ends; never waits. */
export async function tryClaim(run: TenantRun, tenantId: string, keyDigest: Buffer): Promise<boolean> {
  const thing = `idempotency:${tenantId}:${keyDigest.toString('base64url')}`
  const [row] = await run(
    sql<{ got: boolean }>`SELECT pg_try_advisory_xact_lock(hashtextextended(${thing}, 0)) AS got`,
  )
  return row?.got === true
}

export async function findAnswer(
  run: TenantRun,
  tenantId: string,
  keyDigest: Buffer,
): Promise<StoredAnswer | undefined> {
  const [row] = await run(sql<StoredAnswer>`
    SELECT request_digest AS "requestDigest", status, answer FROM idempotency_keys
     WHERE tenant_id = ${tenantId}::uuid AND key_digest = ${keyDigest}::bytea AND expires_at > now()`)
  return row
}

/** Keeps an answer for 24 hours. A row that has run out gives way. */
export async function keepAnswer(
  run: TenantRun,
  tenantId: string,
  keyDigest: Buffer,
  kept: StoredAnswer,
): Promise<void> {
  await run(sql`
    INSERT INTO idempotency_keys (tenant_id, key_digest, request_digest, status, answer, expires_at)
    VALUES (${tenantId}::uuid, ${keyDigest}::bytea, ${kept.requestDigest}::bytea, ${kept.status}::integer,
      ${JSON.stringify(kept.answer)}::jsonb, now() + interval '24 hours')
    ON CONFLICT (tenant_id, key_digest) DO UPDATE SET request_digest = excluded.request_digest,
      status = excluded.status, answer = excluded.answer, created_at = now(), expires_at = excluded.expires_at`)
}
