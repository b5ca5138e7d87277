// A tenant's suppression list. Receipts fill it (packages/db/src/receipt.store.ts); here it is read, and taken from.

import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import type { SuppressionRow } from './suppression.ts'

export interface SuppressionPage {
  limit: number
  /** the last id of the page before; null: from the newest on */
  before: string | null
  /** null: of both */
  channel: 'email' | 'sms' | null
}

/** Newest first. */
export function readSuppressions(
  run: TenantRun,
  tenantId: string,
  { limit, before, channel }: SuppressionPage,
): Promise<SuppressionRow[]> {
  return run(sql<SuppressionRow>`
    SELECT id, channel, reason, provider, created_at FROM suppressions
     WHERE tenant_id = ${tenantId}::uuid AND (${before}::uuid IS NULL OR id < ${before}::uuid)
       AND (${channel}::text IS NULL OR channel = ${channel})
     ORDER BY id DESC LIMIT ${limit}::integer`)
}

/** What is listed for a recipient, by any of their digests. */
export function findSuppressions(
  run: TenantRun,
  tenantId: string,
  digests: readonly Buffer[],
): Promise<SuppressionRow[]> {
  return run(sql<SuppressionRow>`
    SELECT s.id, s.channel, s.reason, s.provider, s.created_at FROM suppressions s
     WHERE s.tenant_id = ${tenantId}::uuid AND s.channel = ANY ('{email,sms}')
       AND s.recipient_digest = ANY (${digests}::bytea[])
     ORDER BY s.id DESC`)
}

/** Tells it; a repeat finds nothing and tells nothing. */
export async function deleteSuppression(run: TenantRun, tenantId: string, id: string): Promise<void> {
  await run(sql`
    WITH removed AS (
      DELETE FROM suppressions WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid RETURNING id, channel, reason
    )
    INSERT INTO outbox (tenant_id, kind, subject, outcome, reason, data)
    SELECT ${tenantId}::uuid, 'suppression.removed', 'suppression:' || id, 'success', reason,
           jsonb_build_object('channel', channel) FROM removed`)
}
