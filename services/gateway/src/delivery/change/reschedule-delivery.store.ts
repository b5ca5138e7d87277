// Moving a delivery in time, and with it the link or code that it carries: one guarded statement. Whatever was handed to the
// queue for the old time finds a delivery that is not due, so nothing goes out at both.

import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import type { DeliveryRef } from '../delivery.ts'
import { runChange } from './held-delivery.store.ts'

/** @param sendAt null: now */
export function rescheduleHeld(run: TenantRun, ref: DeliveryRef, sendAt: Date | null) {
  const { tenantId } = ref
  return runChange(
    run,
    ref,
    sql`
      moving AS MATERIALIZED (
        SELECT j.id, j.challenge_id, j.send_at AS was_at, n.at, n.at + j.life AS until, n.at + j.challenge_life AS works_until
          FROM judged j CROSS JOIN (SELECT coalesce(${sendAt}::timestamptz, clock_timestamp()) AS at) n
         WHERE j.status IN ('scheduled', 'pending', 'queued') AND j.is_live AND NOT j.perhaps_sent
      ), challenge AS (
        UPDATE challenges c SET due_at = m.at, expires_at = m.works_until
          FROM moving m WHERE c.tenant_id = ${tenantId}::uuid AND c.id = m.challenge_id
      ), moved AS (
        UPDATE deliveries d
           SET status = CASE WHEN m.at > clock_timestamp() THEN 'scheduled' ELSE 'pending' END, send_at = m.at,
               expires_at = m.until, due_at = m.at, lease_until = NULL, fence = d.fence + 1, updated_at = now()
          FROM moving m WHERE d.tenant_id = ${tenantId}::uuid AND d.id = m.id
        RETURNING d.id, m.was_at, m.at, m.until
      ), told AS (
        INSERT INTO outbox (tenant_id, kind, subject, outcome, data)
        SELECT ${tenantId}::uuid, 'delivery.rescheduled', 'delivery:' || id, 'success',
               jsonb_build_object('from', was_at, 'send_at', at, 'expires_at', until) FROM moved
      )`,
  )
}
