// The attempts of a delivery: begun and ended only by the worker whose fence is the row's. Whoever was away for longer
// than the lease changes nothing.

import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import {
  type Attempt,
  type Claim,
  type Ending,
  LEASE_SECONDS,
  MAX_PERHAPS_SENT,
  type UnsureAttempt,
} from './delivery.ts'
import { deliveryLock } from './delivery-lock.ts'

export interface AskedVendor {
  readonly provider: string
  /** null: one of the installation's own */
  readonly senderId: string | null
}

/**
 * Records that a vendor call is about to begin and renews the lease. The payload was opened and rendered, so it is no
 * poison. Looks at the wall clock, not at when the transaction began: nothing may start late.
 * @returns null: the lease, the time or the challenge is over, or the attempts are used up; do not call the vendor
 */
export async function startAttempt(run: TenantRun, claim: Claim, by: AskedVendor): Promise<Attempt | null> {
  const { provider, senderId } = by
  const query = sql<{ number: number; perhapsSent: number }>`
    WITH held AS MATERIALIZED (
      SELECT d.tenant_id, d.id FROM deliveries d
        LEFT JOIN challenges c ON c.tenant_id = d.tenant_id AND c.id = d.challenge_id
       WHERE d.tenant_id = ${claim.tenantId} AND d.id = ${claim.deliveryId} AND d.fence = ${claim.fence}
         AND d.status = 'sending' AND d.lease_until > clock_timestamp() AND d.expires_at > clock_timestamp()
         AND (d.challenge_id IS NULL OR (c.consumed_at IS NULL AND c.superseded_at IS NULL AND c.revoked_at IS NULL
              AND c.expires_at > clock_timestamp()))
         FOR UPDATE OF d
    ), tries AS MATERIALIZED (
      SELECT count(*) AS made, count(*) FILTER (WHERE a.outcome IN ('started', 'accepted', 'unknown')) AS perhaps_sent
        FROM attempts a WHERE a.tenant_id = ${claim.tenantId} AND a.delivery_id = ${claim.deliveryId}
    ), begun AS (
      INSERT INTO attempts (tenant_id, delivery_id, number, provider, sender_id, fence, outcome, started_at)
      SELECT h.tenant_id, h.id, t.made + 1, ${provider}, ${senderId}::uuid, ${claim.fence}::bigint, 'started',
             clock_timestamp()
        FROM held h CROSS JOIN tries t WHERE t.perhaps_sent < ${sql.lit(MAX_PERHAPS_SENT)}
      RETURNING tenant_id, delivery_id, number
    ), renewed AS (
      UPDATE deliveries d
         SET lease_until = clock_timestamp() + ${sql.lit(LEASE_SECONDS)} * interval '1 s',
             due_at = clock_timestamp() + ${sql.lit(LEASE_SECONDS)} * interval '1 s',
             poisoned = 0, updated_at = now()
        FROM begun b WHERE d.tenant_id = b.tenant_id AND d.id = b.delivery_id
    ), told AS (
      INSERT INTO outbox (tenant_id, kind, subject, outcome, data)
      SELECT b.tenant_id, 'delivery.attempted', 'delivery:' || b.delivery_id, 'success',
             jsonb_build_object('attempt', b.number, 'provider', ${provider}::text)
        FROM begun b
    )
    SELECT b.number, t.perhaps_sent::int AS "perhapsSent" FROM begun b CROSS JOIN tries t`
  const [row] = await run(query, deliveryLock(claim.deliveryId))
  if (row === undefined) return null
  const last = claim.tried.at(-1)
  const isFailover = last !== undefined && last !== (senderId ?? provider)
  return { number: row.number, provider, isFailover, isLast: row.perhapsSent + 1 >= MAX_PERHAPS_SENT }
}

const EVENT_OF = {
  accepted: { kind: 'delivery.accepted', outcome: 'success' },
  failed: { kind: 'delivery.failed', outcome: 'failed' },
  unknown: { kind: 'delivery.unknown', outcome: 'failed' },
  pending: { kind: 'delivery.deferred', outcome: 'failed' },
} as const

/**
 * Records how the attempt ended, moves the delivery and tells it, all or nothing. A delivery that the relay has meanwhile
 * put back into the queue, and nobody has taken, still takes the answer: it is the truth, and saves a second send.
 * @returns false: another worker took over, or the delivery ended; nothing was changed
 */
export const recordOutcome = (
  run: TenantRun,
  claim: Claim,
  { number, provider }: Attempt,
  ending: Ending,
): Promise<boolean> => recordEnding(run, claim, { number, provider, outcome: 'started' }, ending)

/**
 * Records of an earlier attempt, whose answer was never read, that its vendor has the message: it was accepted after all.
 * @returns false: as above
 */
export const recordFound = (
  run: TenantRun,
  claim: Claim,
  { number, provider }: UnsureAttempt,
  providerMessageId: string | null,
): Promise<boolean> =>
  recordEnding(
    run,
    claim,
    { number, provider, outcome: 'unknown' },
    { outcome: 'accepted', status: 'accepted', errorCode: null, providerMessageId, retryInMs: null },
  )

/** An attempt as it stands in its row. Only who holds the delivery has one that is `started`. */
interface OpenAttempt {
  readonly number: number
  readonly provider: string
  readonly outcome: 'started' | 'unknown'
}

async function recordEnding(
  run: TenantRun,
  claim: Claim,
  attempt: OpenAttempt,
  ending: Ending,
): Promise<boolean> {
  const event = EVENT_OF[ending.status]
  const data = JSON.stringify({
    attempt: attempt.number,
    provider: attempt.provider,
    ...(ending.providerMessageId !== null && { provider_message_id: ending.providerMessageId }),
    ...(attempt.outcome === 'unknown' && { found: true }),
    ...(ending.status === 'pending' && { attempt_outcome: ending.outcome, retry_in_ms: ending.retryInMs }),
  })
  const query = sql<{ id: string }>`
    WITH held AS MATERIALIZED (
      SELECT d.tenant_id, d.id FROM deliveries d
       WHERE d.tenant_id = ${claim.tenantId} AND d.id = ${claim.deliveryId} AND d.fence = ${claim.fence}
         AND d.status IN ('sending', 'queued') FOR UPDATE
    ), finished AS (
      UPDATE attempts a
         SET outcome = ${ending.outcome}, error_code = ${ending.errorCode},
             provider_message_id = ${ending.providerMessageId}, finished_at = clock_timestamp()
        FROM held h
       WHERE a.tenant_id = h.tenant_id AND a.delivery_id = h.id AND a.number = ${attempt.number}
         AND a.outcome = ${attempt.outcome} AND (a.fence = ${claim.fence} OR a.outcome = 'unknown')
      RETURNING a.tenant_id, a.delivery_id
    ), moved AS (
      UPDATE deliveries d
         SET status = ${ending.status}, lease_until = NULL, updated_at = now(),
             due_at = CASE WHEN ${ending.retryInMs}::float8 IS NOT NULL THEN
               least(clock_timestamp() + ${ending.retryInMs}::float8 * interval '1 ms', d.expires_at) END,
             payload = CASE WHEN ${ending.status} = 'pending' THEN d.payload END
        FROM finished f WHERE d.tenant_id = f.tenant_id AND d.id = f.delivery_id
      RETURNING d.tenant_id, d.id
    ), told AS (
      INSERT INTO outbox (tenant_id, kind, subject, outcome, reason, data)
      SELECT m.tenant_id, ${event.kind}, 'delivery:' || m.id, ${event.outcome}, ${ending.errorCode}, ${data}::jsonb
        FROM moved m
    )
    SELECT m.id FROM moved m`
  return (await run(query, deliveryLock(claim.deliveryId))).length === 1
}
