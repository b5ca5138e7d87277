// What every change of a delivery by its tenant begins with: the delivery held against workers and relay, and judged as it
// is now. The row count of the guarded update behind it decides; whoever comes later finds what this one left.

import { deliveryLock } from '@postern/db/delivery-lock'
import type { TenantRun } from '@postern/db/with-tenant'
import { type RawBuilder, sql } from 'kysely'
import type { DeliveryRef } from '../delivery.ts'

export type ChangeAnswer = 'changed' | 'refused' | 'missing'

/** How the statement ends: `status` as the delivery was, `changed` how many rows moved. */
interface ChangeRow {
  status: string
  changed: number
}

/**
 * CTE `judged`: the delivery as it is, `perhaps_sent` where a vendor may have it, `is_live` where what it carries can
 * still be used. The challenge is locked before its delivery, which is the order in which revoking takes them.
 */
const judged = ({ tenantId, id }: DeliveryRef): RawBuilder<unknown> => sql`
  target AS MATERIALIZED (
    SELECT d.challenge_id FROM deliveries d WHERE d.tenant_id = ${tenantId}::uuid AND d.id = ${id}::uuid
  ), bound AS MATERIALIZED (
    SELECT c.id, c.expires_at - c.due_at AS life, c.consumed_at IS NULL AND c.superseded_at IS NULL AND c.revoked_at IS NULL
             AND c.expires_at > clock_timestamp() AS is_live
      FROM target t CROSS JOIN LATERAL (
        SELECT id, due_at, expires_at, consumed_at, superseded_at, revoked_at FROM challenges
         WHERE tenant_id = ${tenantId}::uuid AND id = t.challenge_id LIMIT 1 FOR UPDATE) c
  ), held AS MATERIALIZED (
    SELECT d.id, d.challenge_id, d.status, d.payload IS NOT NULL AS has_payload, d.send_at, d.expires_at
      FROM deliveries d
     WHERE d.tenant_id = ${tenantId}::uuid AND d.id = ${id}::uuid AND (SELECT count(*) FROM bound) >= 0
       FOR UPDATE OF d
  ), judged AS MATERIALIZED (
    SELECT h.id, h.challenge_id, h.status, h.has_payload, h.send_at, h.expires_at - h.send_at AS life,
           b.life AS challenge_life,
           h.expires_at > clock_timestamp() AND (h.challenge_id IS NULL OR coalesce(b.is_live, false)) AS is_live,
           EXISTS (SELECT FROM attempts a WHERE a.tenant_id = ${tenantId}::uuid AND a.delivery_id = h.id
                      AND a.outcome IN ('started', 'accepted', 'unknown')) AS perhaps_sent
      FROM held h LEFT JOIN bound b ON b.id = h.challenge_id
  )`

/**
 * Runs a change under the lock of its delivery; says what it came to, and from which status.
 * @param change the CTEs behind `judged`; of them `moved` is the guarded update of the delivery, and decides
 */
export async function runChange(
  run: TenantRun,
  ref: DeliveryRef,
  change: RawBuilder<unknown>,
): Promise<{ answer: ChangeAnswer; was: string | null }> {
  const statement = sql<ChangeRow>`
    WITH ${judged(ref)}, ${change}
    SELECT j.status, (SELECT count(*) FROM moved)::integer AS changed FROM judged j`
  const [row] = await run(statement, deliveryLock(ref.id))
  if (row === undefined) return { answer: 'missing', was: null }
  return { answer: row.changed > 0 ? 'changed' : 'refused', was: row.status }
}
