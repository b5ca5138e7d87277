// Calling off what was not sent yet of challenges that are over: part of a statement that ends them.

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
export const cancelEvents = (reason: 'challenge_revoked' | 'user_erased') => sql`
  SELECT 'delivery.' || status AS kind, 'delivery:' || id AS subject,
         CASE WHEN status IN ('cancelled', 'accepted') THEN 'success' ELSE 'failed' END AS outcome, ${reason}::text AS reason
    FROM cancelled`
