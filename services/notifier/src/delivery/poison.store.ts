// The poison count of a delivery: each claim raises it, a message that could be made takes it back, and the third time in
// a row that none could be made ends the delivery.

import { deliveryLock } from '@postern/db/delivery-lock'
import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import { type Claim, MAX_POISONED } from './delivery.ts'

/** Another worker, perhaps with a newer key ring or template, may have more luck in a few seconds. */
const NEXT_TRY_SECONDS = 3

/**
 * Puts the delivery back, or makes it a dead letter, which keeps what it holds until its time is over.
 * @param reason a code: payload_malformed, template_failed …
 * @returns where it went; null: another worker took over, nothing was changed
 */
export async function recordPoison(
  run: TenantRun,
  claim: Claim,
  reason: string,
): Promise<'pending' | 'dead_letter' | null> {
  const query = sql<{ status: 'pending' | 'dead_letter' }>`
    WITH moved AS (
      UPDATE deliveries d
         SET status = CASE WHEN d.poisoned >= ${sql.lit(MAX_POISONED)} THEN 'dead_letter' ELSE 'pending' END,
             due_at = CASE WHEN d.poisoned < ${sql.lit(MAX_POISONED)}
                           THEN now() + ${sql.lit(NEXT_TRY_SECONDS)} * interval '1 s' ELSE d.expires_at END,
             lease_until = NULL, updated_at = now()
       WHERE d.tenant_id = ${claim.tenantId} AND d.id = ${claim.deliveryId} AND d.fence = ${claim.fence}
         AND d.status = 'sending'
      RETURNING d.tenant_id, d.id, d.status, d.poisoned
    ), told AS (
      INSERT INTO outbox (tenant_id, kind, subject, outcome, reason, data)
      SELECT m.tenant_id, CASE WHEN m.status = 'pending' THEN 'delivery.deferred' ELSE 'delivery.dead_letter' END,
             'delivery:' || m.id, 'failed', ${reason}, jsonb_build_object('tries', m.poisoned)
        FROM moved m
    )
    SELECT m.status FROM moved m`
  const [row] = await run(query, deliveryLock(claim.deliveryId))
  return row?.status ?? null
}

/** Takes the claim's count back where the message was made but its attempt could not begin. The lease goes on. */
export async function forgivePoison(run: TenantRun, claim: Claim): Promise<void> {
  await run(sql`
    UPDATE deliveries SET poisoned = 0, updated_at = now()
     WHERE tenant_id = ${claim.tenantId} AND id = ${claim.deliveryId} AND fence = ${claim.fence}
       AND status IN ('sending', 'queued')`)
}
