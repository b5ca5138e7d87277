// Calling off what was not sent yet of challenges that are over: as part of a statement that ends them, or behind one that
// must not wait for it.

import { deliveryLock } from '@postern/db/delivery-lock'
import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'

/**
 * `cancelled`: the deliveries that ended, with `id, status`. Before it the statement has `over`, rows with the `delivery_id`
 * of each challenge that it ended. What is with a worker or a vendor already goes on; nothing of it is held
 * for another vendor.
 */
export const cancelledDeliveries = (tenantId: string) => sql`
  cancelled AS (
    -- What a vendor may have taken was not cancelled: nobody can say whether it arrives.
    UPDATE deliveries d SET payload = NULL, due_at = NULL, updated_at = now(),
           status = resting_status(d.tenant_id, d.id, 'cancelled')
      FROM over
     WHERE d.tenant_id = ${tenantId}::uuid AND d.id = over.delivery_id
       AND d.status IN ('scheduled', 'pending', 'queued', 'dead_letter')
    RETURNING d.id, d.status
  ), let_go AS (
    -- What a vendor took may still be held for another one.
    UPDATE deliveries d SET payload = NULL, due_at = NULL, updated_at = now() FROM over
     WHERE d.tenant_id = ${tenantId}::uuid AND d.id = over.delivery_id AND d.status = 'accepted' AND d.payload IS NOT NULL
  )`

/** Rows for the outbox: `kind, subject, outcome, reason`. */
export const cancelEvents = (reason: 'challenge_revoked' | 'challenge_used' | 'user_erased') => sql`
  SELECT 'delivery.' || status AS kind, 'delivery:' || id AS subject,
         CASE WHEN status IN ('cancelled', 'accepted') THEN 'success' ELSE 'failed' END AS outcome, ${reason}::text AS reason
    FROM cancelled`

/**
 * For the last SELECT of a statement that spends challenges, of the row `spent`: the id of its delivery where the proof came
 * before all of it was sent, else NULL. Of nearly all it is one look at a row that has ended.
 */
export const unsentDelivery = (tenantId: string) => sql`
  (SELECT CASE WHEN d.status IN ('pending', 'queued', 'dead_letter') AND NOT d.decoy THEN d.id END
     FROM deliveries d WHERE d.tenant_id = ${tenantId}::uuid AND d.id = spent.delivery_id LIMIT 1)`

/** Ends the delivery of a challenge that was proven, unless a worker is at it or has yet to tell what a vendor said. */
export async function endProven(run: TenantRun, tenantId: string, deliveryId: string): Promise<void> {
  const calling = sql`
    WITH over AS (
      SELECT d.id AS delivery_id
        FROM deliveries d JOIN challenges c ON c.tenant_id = d.tenant_id AND c.id = d.challenge_id
       WHERE d.tenant_id = ${tenantId}::uuid AND d.id = ${deliveryId}::uuid AND c.consumed_at IS NOT NULL
         AND NOT EXISTS (SELECT FROM attempts a
                          WHERE a.tenant_id = d.tenant_id AND a.delivery_id = d.id AND a.outcome = 'started')
    ), ${cancelledDeliveries(tenantId)}
    INSERT INTO outbox (tenant_id, kind, subject, outcome, reason)
    SELECT ${tenantId}::uuid, kind, subject, outcome, reason FROM (${cancelEvents('challenge_used')}) events`
  await run(calling, deliveryLock(deliveryId))
}
