// Calling a delivery off: one guarded statement. What a vendor may have, or a worker is at, is not called off.

import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import type { DeliveryRef } from '../delivery.ts'
import { runChange } from './held-delivery.store.ts'

/** A repeat changes nothing: then `was` is `cancelled`. */
export function cancelHeld(run: TenantRun, ref: DeliveryRef) {
  const { tenantId } = ref
  return runChange(
    run,
    ref,
    sql`
      moved AS (
        UPDATE deliveries d
           SET status = 'cancelled', payload = NULL, due_at = NULL, lease_until = NULL, fence = d.fence + 1,
               updated_at = now()
          FROM judged j
         WHERE d.tenant_id = ${tenantId}::uuid AND d.id = j.id AND NOT j.perhaps_sent
           AND j.status IN ('scheduled', 'pending', 'queued', 'dead_letter')
        RETURNING d.id
      ), told AS (
        INSERT INTO outbox (tenant_id, kind, subject, outcome, reason)
        SELECT ${tenantId}::uuid, 'delivery.cancelled', 'delivery:' || id, 'success', 'requested' FROM moved
      )`,
  )
}
