// Calling off what was not sent yet of challenges that are over: part of a statement that ends them.

import { sql } from 'kysely'

/**
 * `cancelled`: the deliveries that ended, with `id, status`. Before it the statement has `over`, rows with the `delivery_id`
 * of each challenge that it ended. What is with a worker or a vendor already goes on.
 */
export const cancelledDeliveries = (tenantId: string) => sql`
  cancelled AS (
    -- What a vendor may have taken was not cancelled: nobody can say whether it arrives.
    UPDATE deliveries d SET payload = NULL, due_at = NULL, updated_at = now(),
           status = CASE WHEN EXISTS (SELECT FROM attempts a WHERE a.tenant_id = d.tenant_id
              AND a.delivery_id = d.id AND a.outcome IN ('started', 'unknown')) THEN 'unknown' ELSE 'cancelled' END
      FROM over
     WHERE d.tenant_id = ${tenantId}::uuid AND d.id = over.delivery_id
       AND d.status IN ('scheduled', 'pending', 'queued')
    RETURNING d.id, d.status
  )`

/** Rows for the outbox: `kind, subject, outcome, reason`. */
export const cancelEvents = (reason: 'challenge_revoked' | 'user_erased') => sql`
  SELECT 'delivery.' || status AS kind, 'delivery:' || id AS subject,
         CASE status WHEN 'cancelled' THEN 'success' ELSE 'failed' END AS outcome, ${reason}::text AS reason
    FROM cancelled`
