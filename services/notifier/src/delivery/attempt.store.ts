// An attempt begins, only by the worker whose fence is the row's. Whoever was away for longer than the lease changes nothing.

import { deliveryLock } from '@postern/db/delivery-lock'
import { MAX_PERHAPS_SENT } from '@postern/db/perhaps-sent'
import { type InputColumns, inputRows, type SetStatement } from '@postern/db/set-statement'
import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import { type Attempt, type Claim, LEASE_SECONDS } from './delivery.ts'

export interface AskedVendor {
  readonly provider: string
  /** null: one of the installation's own */
  readonly senderId: string | null
  /** Another vendor is listed that did not take the message. */
  readonly hasOther: boolean
  /** Its vendor can be asked later what became of the message. */
  readonly isAnswerable: boolean
}

/**
 * Records that a vendor call is about to begin and renews the lease. The payload was opened and rendered, so it is no
 * poison; by which template, is kept. Looks at the wall clock, not at when the transaction began: nothing may start late.
 * @returns null: the lease, the time or the challenge is over, or the attempts are used up; do not call the vendor
 */
export async function startAttempt(run: TenantRun, claim: Claim, by: AskedVendor): Promise<Attempt | null> {
  const { provider, senderId, hasOther, isAnswerable } = by
  const { number, perhapsSent } = await run.each(START, { claim, by })
  if (number === null) return null
  const last = claim.tried.at(-1)
  const isFailover = last !== undefined && last !== (senderId ?? provider)
  return { number, provider, hasOther, isAnswerable, isFailover, isLast: perhapsSent + 1 >= MAX_PERHAPS_SENT }
}

export interface Held {
  readonly claim: Claim
}

export const held = {
  tenantOf: ({ claim }: Held) => claim.tenantId,
  keys: ({ claim }: Held) => [deliveryLock(claim.deliveryId)],
  locks: true,
  isPatient: true,
}
export const HELD_INPUT: InputColumns<Held> = {
  delivery_id: ['uuid', ({ claim }) => claim.deliveryId],
  fence: ['text', ({ claim }) => claim.fence],
}

// `a` and `d`: each input with its delivery. Rows are looked up by their whole key, locked in one order and judged
// afterwards: a condition within would invite a partial index, and with it all that a tenant has under way.
export const lockedDeliveries = (tenantId: string) => sql`
  (SELECT n, delivery_id, fence FROM ask ORDER BY delivery_id) a
  CROSS JOIN LATERAL (SELECT id, challenge_id, channel, recipient_digest, fence, status, lease_until, expires_at
                        FROM deliveries
                       WHERE tenant_id = ${tenantId}::uuid AND id = a.delivery_id LIMIT 1 FOR UPDATE) d`

const START: SetStatement<Held & { by: AskedVendor }, { number: number | null; perhapsSent: number }> = {
  ...held,
  build: (tenantId) => sql`
  WITH ask AS MATERIALIZED (
    SELECT * FROM ${inputRows<Held & { by: AskedVendor }>('input', {
      ...HELD_INPUT,
      provider: ['text', ({ by }) => by.provider],
      sender_id: ['uuid', ({ by }) => by.senderId],
      locale: ['text', ({ claim }) => claim.wording.locale],
      version: ['integer', ({ claim }) => claim.wording.version],
    })}
  ), held AS MATERIALIZED (
    SELECT a.n, d.id
      FROM ${lockedDeliveries(tenantId)}
      LEFT JOIN LATERAL (SELECT consumed_at, superseded_at, revoked_at, expires_at FROM challenges
                          WHERE tenant_id = ${tenantId}::uuid AND id = d.challenge_id LIMIT 1) c ON true
     WHERE d.fence = a.fence::bigint AND d.status = 'sending' AND d.lease_until > clock_timestamp()
       AND d.expires_at > clock_timestamp() AND (d.challenge_id IS NULL OR c.consumed_at IS NULL
         AND c.superseded_at IS NULL AND c.revoked_at IS NULL AND c.expires_at > clock_timestamp())
  ), tries AS MATERIALIZED (
    SELECT h.n, h.id, t.* FROM held h CROSS JOIN LATERAL (
      SELECT count(*)::int AS made,
             count(*) FILTER (WHERE outcome IN ('started', 'accepted', 'unknown'))::int AS perhaps_sent
        FROM attempts WHERE tenant_id = ${tenantId}::uuid AND delivery_id = h.id) t
  ), begun AS (
    INSERT INTO attempts (tenant_id, delivery_id, number, provider, sender_id, fence, outcome, started_at)
    SELECT ${tenantId}::uuid, t.id, t.made + 1, a.provider, a.sender_id, a.fence::bigint, 'started', clock_timestamp()
      FROM tries t JOIN ask a USING (n) WHERE t.perhaps_sent < ${sql.lit(MAX_PERHAPS_SENT)}
    RETURNING delivery_id, number, provider
  ), renewed AS (
    UPDATE deliveries d
       SET lease_until = clock_timestamp() + ${sql.lit(LEASE_SECONDS)} * interval '1 s',
           due_at = clock_timestamp() + ${sql.lit(LEASE_SECONDS)} * interval '1 s',
           template_locale = a.locale, template_version = a.version, poisoned = 0, updated_at = now()
      FROM begun b JOIN ask a USING (delivery_id)
     WHERE d.tenant_id = ${tenantId}::uuid AND d.id = ANY (ARRAY(SELECT delivery_id FROM begun)) AND d.id = b.delivery_id
  ), told AS (
    INSERT INTO outbox (tenant_id, kind, subject, outcome, traceparent, data)
    SELECT ${tenantId}::uuid, 'delivery.attempted', 'delivery:' || b.delivery_id, 'success', a.traceparent,
           jsonb_build_object('attempt', b.number, 'provider', b.provider)
      FROM begun b JOIN ask a USING (delivery_id)
  )
  SELECT a.n, b.number, t.perhaps_sent AS "perhapsSent"
    FROM ask a LEFT JOIN tries t USING (n) LEFT JOIN begun b USING (delivery_id)`,
}
