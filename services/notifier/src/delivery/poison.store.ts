// Gives back a delivery whose message could not be made. The claim has counted it; the third time ends it.

import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import { type Claim, MAX_POISONED } from './delivery.ts'
import { deliveryLock } from './delivery-lock.ts'

/** Another worker, perhaps with a newer key ring or template, may have more luck in a few seconds. */
const NEXT_TRY_SECONDS = 3

/**
 * Puts the delivery back, or ends it as a dead letter.
 * @param reason a code: payload_unreadable, template_failed …
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
                           THEN now() + ${sql.lit(NEXT_TRY_SECONDS)} * interval '1 s' END,
             payload = CASE WHEN d.poisoned < ${sql.lit(MAX_POISONED)} THEN d.payload END,
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
