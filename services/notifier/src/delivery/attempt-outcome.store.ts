// What came of an attempt: recorded only by the worker whose fence is the row's. Whoever was away for longer than the lease
// changes nothing.

import { MAX_PERHAPS_SENT } from '@postern/db/perhaps-sent'
import { inputRows, type SetStatement } from '@postern/db/set-statement'
import { listedEvents, listedRecipients } from '@postern/db/unwilling-recipients'
import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import { HELD_INPUT, type Held, held, lockedDeliveries } from './attempt.store.ts'
import type { Attempt, Claim, Ending } from './delivery.ts'

/** A vendor is asked when its receipt is late, and before another vendor would be. */
const ASK_AFTER_SECONDS = 60

/**
 * Records how the attempt ended, moves the delivery and tells it, all or nothing. A delivery that the relay has meanwhile
 * put back into the queue, and nobody has taken, still takes the answer: it is the truth, and saves a second send.
 * @returns where the delivery is now; null: another worker took over, or the delivery ended; nothing was changed
 */
export const recordOutcome = (
  run: TenantRun,
  claim: Claim,
  attempt: Attempt,
  ending: Ending,
): Promise<Ending['status'] | null> => recordEnding(run, claim, { ...attempt, outcome: 'started' }, ending)

/**
 * Records of an earlier attempt, whose answer was never read, that its vendor has the message: it was accepted after all.
 * @returns as above
 */
export const recordFound = (
  run: TenantRun,
  claim: Claim,
  attempt: Omit<OpenAttempt, 'outcome'>,
  providerMessageId: string | null,
): Promise<Ending['status'] | null> =>
  recordEnding(
    run,
    claim,
    { ...attempt, outcome: 'unknown' },
    { outcome: 'accepted', status: 'accepted', errorCode: null, providerMessageId, retryInMs: null },
  )

/** An attempt as it stands in its row. Only who holds the delivery has one that is `started`. */
interface OpenAttempt extends Pick<Attempt, 'number' | 'provider' | 'hasOther' | 'isAnswerable'> {
  readonly outcome: 'started' | 'unknown'
}

/**
 * What one vendor took stays accepted, whatever another says of it, and what one may have sent has not failed. What was
 * accepted is held until it would be too late, where another vendor could still bring it: until then a receipt may say
 * that it did not arrive.
 */
async function recordEnding(
  run: TenantRun,
  claim: Claim,
  attempt: OpenAttempt,
  ending: Ending,
): Promise<Ending['status'] | null> {
  return (await run.each(RECORD, { claim, attempt, ending })).status
}

interface Ended extends Held {
  readonly attempt: OpenAttempt
  readonly ending: Ending
}

const dataOf = ({ attempt, ending }: Ended) =>
  JSON.stringify({
    attempt: attempt.number,
    provider: attempt.provider,
    ...(ending.providerMessageId !== null && { provider_message_id: ending.providerMessageId }),
    ...(attempt.outcome === 'unknown' && { found: true }),
    ...(ending.outcome !== 'accepted' && { attempt_outcome: ending.outcome }),
    ...(ending.status === 'pending' && { retry_in_ms: ending.retryInMs }),
  })

// Whoever opted out at the vendor that was asked gets nothing more by any other: as if a receipt had said so.
const listed = (tenantId: string) => sql`
  unwilling AS MATERIALIZED (
    SELECT DISTINCT ON (f.channel, f.recipient_digest) f.id, f.channel, f.recipient_digest, 'opt_out' AS reason,
           f.provider, f.traceparent
      FROM finished f WHERE f.error_code = 'recipient_opted_out' AND f.recipient_digest IS NOT NULL
     ORDER BY f.channel, f.recipient_digest, f.id
  ), ${listedRecipients(tenantId)}`

const RECORD: SetStatement<Ended, { status: Ending['status'] | null }> = {
  ...held,
  build: (tenantId) => sql`
  WITH ask AS MATERIALIZED (
    SELECT * FROM ${inputRows<Ended>('input', {
      ...HELD_INPUT,
      number: ['integer', ({ attempt }) => attempt.number],
      provider: ['text', ({ attempt }) => attempt.provider],
      was: ['text', ({ attempt }) => attempt.outcome],
      outcome: ['text', ({ ending }) => ending.outcome],
      error_code: ['text', ({ ending }) => ending.errorCode],
      message_id: ['text', ({ ending }) => ending.providerMessageId],
      status: ['text', ({ ending }) => ending.status],
      retry_in_ms: [
        'integer',
        ({ ending: { retryInMs } }) => (retryInMs === null ? null : Math.ceil(retryInMs)),
      ],
      has_other: ['boolean', ({ attempt }) => attempt.hasOther],
      is_answerable: ['boolean', ({ attempt }) => attempt.isAnswerable],
      data: ['jsonb', dataOf],
    })}
  ), held AS MATERIALIZED (
    SELECT a.n, d.id, d.channel, substring(d.recipient_digest FROM 1 FOR 32) AS recipient_digest
      FROM ${lockedDeliveries(tenantId)}
     WHERE d.fence = a.fence::bigint AND d.status IN ('sending', 'queued')
  -- From here on each part hands on what the next ones need: what a part joins beside its table is copied whole for each row.
  ), fate AS MATERIALIZED (
    SELECT h.n, h.id, h.channel, h.recipient_digest, a.number, a.fence::bigint AS fence, a.provider, a.was, a.outcome, a.error_code,
           a.message_id, a.is_answerable, a.retry_in_ms, a.traceparent, a.data, CASE WHEN o.took AND a.status <> 'pending' THEN 'accepted'
                     WHEN o.is_unclear AND a.status = 'failed' THEN 'unknown' ELSE a.status END AS status,
           a.outcome = 'accepted' AND a.has_other AND o.perhaps_sent + 1 < ${sql.lit(MAX_PERHAPS_SENT)} AS is_held
      FROM held h JOIN ask a USING (n) CROSS JOIN LATERAL (
        SELECT coalesce(bool_or(outcome = 'accepted' AND coalesce(receipt, 'delivered') = 'delivered'), false) AS took,
               coalesce(bool_or(outcome IN ('started', 'unknown')), false) AS is_unclear,
               count(*) FILTER (WHERE outcome IN ('started', 'accepted', 'unknown')) AS perhaps_sent
          FROM attempts WHERE tenant_id = ${tenantId}::uuid AND delivery_id = h.id AND number <> a.number) o
  ), patience AS MATERIALIZED (
    SELECT receipt_wait_seconds AS seconds FROM tenants WHERE id = ${tenantId}::uuid
  ), finished AS (
    UPDATE attempts t
       SET outcome = f.outcome, error_code = f.error_code, provider_message_id = f.message_id,
           finished_at = clock_timestamp(), ask_at = CASE WHEN f.outcome = 'accepted' AND f.is_answerable THEN
             clock_timestamp() + least(${sql.lit(ASK_AFTER_SECONDS)}, (SELECT seconds * 2 / 3 FROM patience)) * interval '1 s' END
      FROM fate f
     WHERE t.tenant_id = ${tenantId}::uuid AND t.delivery_id = ANY (ARRAY(SELECT id FROM fate)) AND t.delivery_id = f.id
       AND t.number = f.number AND t.outcome = f.was AND (t.fence = f.fence OR t.outcome = 'unknown')
    RETURNING f.n, f.id, f.channel, f.recipient_digest, f.provider, f.error_code, f.status, f.is_held, f.retry_in_ms, f.traceparent,
              f.data
  ), moved AS (
    UPDATE deliveries d
       SET status = f.status, lease_until = NULL, updated_at = now(),
           due_at = CASE WHEN f.status = 'pending' THEN
             least(clock_timestamp() + f.retry_in_ms * interval '1 ms', d.expires_at)
             WHEN f.is_held THEN least(clock_timestamp() + (SELECT seconds * interval '1 s' FROM patience),
               d.expires_at) END,
           payload = CASE WHEN f.status = 'pending' OR f.is_held THEN d.payload END
      FROM finished f
     WHERE d.tenant_id = ${tenantId}::uuid AND d.id = ANY (ARRAY(SELECT id FROM finished)) AND d.id = f.id
    RETURNING f.n, d.id, d.status, f.error_code, f.traceparent, f.data
  ), ${listed(tenantId)}, told AS (
    INSERT INTO outbox (tenant_id, kind, subject, outcome, reason, traceparent, data)
    SELECT ${tenantId}::uuid, CASE m.status WHEN 'pending' THEN 'delivery.deferred' ELSE 'delivery.' || m.status END,
           'delivery:' || m.id, CASE m.status WHEN 'accepted' THEN 'success' ELSE 'failed' END, m.error_code, m.traceparent, m.data
      FROM moved m
    UNION ALL
    ${listedEvents(tenantId)}
  )
  SELECT a.n, m.status FROM ask a LEFT JOIN moved m USING (n)`,
}
