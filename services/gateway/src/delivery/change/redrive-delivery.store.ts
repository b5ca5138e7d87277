// Driving a dead letter again: one guarded statement, so that of any number who ask at once one does it. What it holds, and
// what it carries, must still be good.

import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import type { DeliveryRef } from '../delivery.ts'
import { runChange } from './held-delivery.store.ts'

export function redriveHeld(run: TenantRun, ref: DeliveryRef) {
  const { tenantId } = ref
  return runChange(
    run,
    ref,
    sql`
      moved AS (
        UPDATE deliveries d
           SET status = 'pending', poisoned = 0, due_at = clock_timestamp(),
               again_since = clock_timestamp(), lease_until = NULL, fence = d.fence + 1,
               updated_at = now()
          FROM judged j
         WHERE d.tenant_id = ${tenantId}::uuid AND d.id = j.id AND j.status = 'dead_letter' AND j.has_payload
           AND j.is_live
        RETURNING d.id, d.drive
      ), told AS (
        INSERT INTO outbox (tenant_id, kind, subject, outcome, data)
        SELECT ${tenantId}::uuid, 'delivery.redriven', 'delivery:' || id, 'success', jsonb_build_object('drive', drive)
          FROM moved
      )`,
  )
}
