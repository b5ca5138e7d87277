// What becomes of a delivery that no vendor may be called for. No attempt is made, so none is counted.

import { deliveryLock } from '@postern/db/delivery-lock'
import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import type { Claim } from './delivery.ts'

/** The message could be made, so the claim is not held against it. @returns false: another worker took over */
export async function postponeDelivery(run: TenantRun, claim: Claim, inMs: number): Promise<boolean> {
  const data = JSON.stringify({ retry_in_ms: inMs })
  const query = sql<{ id: string }>`
    WITH moved AS (
      UPDATE deliveries d
         SET status = 'pending', lease_until = NULL, poisoned = 0, updated_at = now(),
             due_at = least(clock_timestamp() + ${inMs}::float8 * interval '1 ms', d.expires_at)
       WHERE d.tenant_id = ${claim.tenantId} AND d.id = ${claim.deliveryId} AND d.fence = ${claim.fence}
         AND d.status = 'sending'
      RETURNING d.tenant_id, d.id
    ), told AS (
      INSERT INTO outbox (tenant_id, kind, subject, outcome, reason, data)
      SELECT m.tenant_id, 'delivery.deferred', 'delivery:' || m.id, 'failed', 'no_vendor_available', ${data}::jsonb
        FROM moved m
    )
    SELECT m.id FROM moved m`
  return (await run(query, deliveryLock(claim.deliveryId))).length === 1
}

/**
 * Ends a delivery that was turned back for another vendor, where there is none: it is what is known of the vendor that took it.
 * @returns null: another worker took over
 */
export async function endWithoutOther(run: TenantRun, claim: Claim): Promise<'accepted' | 'failed' | null> {
  const query = sql<{ status: 'accepted' | 'failed' }>`
    WITH moved AS (
      UPDATE deliveries d
         SET status = resting_status(d.tenant_id, d.id, 'failed'), lease_until = NULL, due_at = NULL, payload = NULL,
             updated_at = now()
       WHERE d.tenant_id = ${claim.tenantId} AND d.id = ${claim.deliveryId} AND d.fence = ${claim.fence}
         AND d.status = 'sending'
      RETURNING d.tenant_id, d.id, d.status
    ), told AS (
      INSERT INTO outbox (tenant_id, kind, subject, outcome, reason)
      SELECT m.tenant_id, 'delivery.' || m.status, 'delivery:' || m.id,
             CASE m.status WHEN 'accepted' THEN 'success' ELSE 'failed' END, 'no_other_vendor' FROM moved m
    )
    SELECT m.status FROM moved m`
  const [row] = await run(query, deliveryLock(claim.deliveryId))
  return row?.status ?? null
}
