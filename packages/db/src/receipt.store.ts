// Applies vendors' receipts: one statement claims each once, notes what it proves of its attempt, moves the delivery
// forward, tells each move, and lists who gets nothing more. What is known only rises, so the order does not matter.

import { type RawBuilder, sql } from 'kysely'
import { deliveryLock } from './delivery-lock.ts'
import { MAX_PERHAPS_SENT } from './perhaps-sent.ts'
import type { AttemptTable } from './tables/delivery.table.ts'
import type { SuppressionTable, WebhookReceiptTable } from './tables/receipt.table.ts'
import { listedEvents, listedRecipients } from './unwilling-recipients.ts'
import type { TenantRun } from './with-tenant.ts'

export interface Receipt {
  /** SHA-256 of what makes the vendor's event this one and no other. */
  readonly eventKey: Buffer
  readonly deliveryId: string
  readonly attempt: number
  readonly status: WebhookReceiptTable['status']
  /** What it proves of the attempt, besides that the vendor took it; null: nothing. `undelivered` may go by another vendor. */
  readonly proves: AttemptTable['receipt']
  /** The vendor has handed it on: nobody waits for a further word. */
  readonly passedOn: boolean
  /** Why the recipient gets nothing more by this channel. */
  readonly suppress: SuppressionTable['reason'] | null
  /** Ours, never the vendor's words. */
  readonly errorCode: string | null
  readonly providerMessageId: string | null
  readonly occurredAt: Date
}

/** Receipts of one sender about one tenant's deliveries. Both are known from verified data. */
export interface ReceiptBatch {
  readonly tenantId: string
  readonly provider: WebhookReceiptTable['provider']
  /** The tenant's own sender; null: one of the installation's. It speaks of its own attempts only. */
  readonly senderId: string | null
  readonly receipts: readonly Receipt[]
}

/** `unplaced`: there is no such attempt of this sender. */
export interface ReceiptResult {
  readonly result: 'applied' | 'duplicate' | 'unplaced'
  /** Where its delivery went by this call; null: it stayed. */
  readonly moved: 'accepted' | 'delivered' | 'failed' | 'pending' | null
}

/** One result for each receipt, in their order. Give it a few hundred at most: each delivery is locked. */
export async function applyReceipts(run: TenantRun, batch: ReceiptBatch): Promise<ReceiptResult[]> {
  const ids = [...new Set(batch.receipts.map(({ deliveryId }) => deliveryId))]
  const rows = await run(statement(batch, ids), ids.map(deliveryLock))
  return rows.map(({ result, moved }) => ({ result, moved }))
}

type Row = ReceiptResult & { n: string }

// Every level rises from nothing (0) over what may be tried again (1) and what must not (2) to delivered (3).
const LEVELS = sql`ARRAY['undelivered', 'rejected', 'delivered']`

const statement = (batch: ReceiptBatch, ids: string[]): RawBuilder<Row> => sql<Row>`
  WITH ${asked(batch)}, ${claimed(batch, ids)}, ${weighed(batch)}, ${changed(batch)}, ${listed(batch)}, ${told(batch)}
  SELECT a.n, CASE WHEN f.n IS NOT NULL THEN 'applied' WHEN p.n IS NOT NULL THEN 'duplicate' ELSE 'unplaced' END AS result,
         v.next AS moved
    FROM ask a LEFT JOIN placed p USING (n) LEFT JOIN fresh f USING (n) LEFT JOIN fate v ON v.id = f.delivery_id
   ORDER BY a.n`

function asked({ receipts }: ReceiptBatch): RawBuilder<unknown> {
  const list = <T>(of: (receipt: Receipt) => T) => receipts.map(of)
  return sql`ask AS MATERIALIZED (
    SELECT r.event_key, r.delivery_id, r.attempt, r.status, coalesce(array_position(${LEVELS}, r.proves), 0) AS level,
           r.passed_on, r.suppress, r.error_code, r.message_id, r.occurred_at, r.n
      FROM unnest(${list((r) => r.eventKey)}::bytea[], ${list((r) => r.deliveryId)}::uuid[],
        ${list((r) => r.attempt)}::integer[], ${list((r) => r.status)}::text[], ${list((r) => r.proves)}::text[],
        ${list((r) => r.passedOn)}::boolean[], ${list((r) => r.suppress)}::text[], ${list((r) => r.errorCode)}::text[],
        ${list((r) => r.providerMessageId)}::text[], ${list((r) => r.occurredAt)}::timestamptz[]) WITH ORDINALITY
        AS r (event_key, delivery_id, attempt, status, proves, passed_on, suppress, error_code, message_id, occurred_at, n)
  )`
}

// A sender's word counts for its own attempts alone. Who inserts the receipt applies it; a repeat inserts nothing.
const claimed = ({ tenantId, provider, senderId }: ReceiptBatch, ids: string[]) => sql`
  seen AS MATERIALIZED (
    SELECT d.id, d.challenge_id, d.channel, d.status, d.payload IS NOT NULL AS has_payload, d.expires_at,
           substring(d.recipient_digest FROM 1 FOR 32) AS recipient_digest, d.traceparent
      FROM deliveries d WHERE d.tenant_id = ${tenantId}::uuid AND d.id = ANY (${ids}::uuid[]) ORDER BY d.id FOR UPDATE
  ), ledger AS MATERIALIZED (
    SELECT t.delivery_id, t.number, t.provider, t.sender_id, t.outcome, coalesce(array_position(${LEVELS}, t.receipt), 0) AS had
      FROM attempts t WHERE t.tenant_id = ${tenantId}::uuid AND t.delivery_id = ANY (${ids}::uuid[])
  ), placed AS MATERIALIZED (
    SELECT a.* FROM ask a JOIN seen s ON s.id = a.delivery_id
      JOIN ledger l ON l.delivery_id = a.delivery_id AND l.number = a.attempt AND l.provider = ${provider}
       AND l.sender_id IS NOT DISTINCT FROM ${senderId}::uuid
  ), claimed AS (
    INSERT INTO webhook_receipts (tenant_id, provider, event_key, delivery_id, attempt, status, error_code,
      provider_message_id, occurred_at)
    SELECT DISTINCT ON (event_key) ${tenantId}::uuid, ${provider}, event_key, delivery_id, attempt, status, error_code,
           message_id, occurred_at FROM placed ORDER BY event_key, n
    ON CONFLICT DO NOTHING RETURNING event_key
  ), fresh AS MATERIALIZED (
    SELECT DISTINCT ON (p.event_key) p.* FROM placed p JOIN claimed USING (event_key) ORDER BY p.event_key, p.n
  )`

// What is known of each attempt with these receipts, what that makes of the delivery, and where it goes: nowhere (NULL)
// where nothing new is known, or where another attempt is under way whose outcome decides. What has arrived has arrived.
const weighed = ({ tenantId }: ReceiptBatch) => sql`
  said AS (
    SELECT delivery_id, attempt, max(level) AS level, bool_or(passed_on) AS passed_on,
           (array_agg(message_id ORDER BY n) FILTER (WHERE message_id IS NOT NULL))[1] AS message_id,
           (array_agg(status ORDER BY level DESC, n))[1] AS status,
           (array_agg(error_code ORDER BY level DESC, n))[1] AS error_code
      FROM fresh GROUP BY delivery_id, attempt
  ), known AS MATERIALIZED (
    SELECT l.delivery_id, l.number, l.provider, l.outcome, l.had, greatest(l.had, s.level) AS level, s.attempt IS NOT NULL AS is_told,
           s.attempt IS NOT NULL OR l.outcome IN ('started', 'accepted', 'unknown') AS is_sent,
           s.passed_on, s.message_id, s.status, s.error_code
      FROM ledger l LEFT JOIN said s ON s.delivery_id = l.delivery_id AND s.attempt = l.number
     WHERE l.delivery_id IN (SELECT delivery_id FROM said)
  ), summed AS (
    SELECT delivery_id, max(level) AS level, bool_or(level > had) AS has_risen, bool_and(level > 0) FILTER (WHERE is_sent) AS all_missed,
           count(*) FILTER (WHERE is_sent) AS perhaps_sent, bool_or(passed_on) AS passed_on,
           bool_or(is_told AND outcome <> 'accepted') AS is_proven, bool_or(outcome = 'started' AND NOT is_told) AS is_busy,
           (array_agg(number ORDER BY level DESC, number DESC) FILTER (WHERE is_told))[1] AS attempt
      FROM known GROUP BY delivery_id
  ), fate AS MATERIALIZED (
    SELECT s.id, s.traceparent, m.attempt, s.status = 'accepted' AND s.has_payload AND m.passed_on AS is_held, CASE
        WHEN m.level = 3 THEN CASE WHEN s.status NOT IN ('delivered', 'cancelled', 'suppressed') THEN 'delivered' END
        WHEN m.is_busy OR s.status NOT IN ('pending', 'queued', 'sending', 'accepted', 'unknown') THEN NULL
        WHEN m.all_missed AND m.has_risen THEN
          CASE WHEN m.level = 1 AND m.perhaps_sent < ${sql.lit(MAX_PERHAPS_SENT)} AND s.has_payload AND s.expires_at > now()
                AND (s.challenge_id IS NULL OR c.consumed_at IS NULL AND c.superseded_at IS NULL AND c.revoked_at IS NULL
                  AND c.expires_at > now()) THEN 'pending' ELSE 'failed' END
        WHEN m.is_proven AND s.status <> 'accepted' THEN 'accepted' END AS next
      FROM summed m JOIN seen s ON s.id = m.delivery_id
      LEFT JOIN challenges c ON c.tenant_id = ${tenantId}::uuid AND c.id = s.challenge_id
  )`

// A higher fence: whoever still works on the delivery records nothing any more, so its open attempt is closed here.
const changed = ({ tenantId }: ReceiptBatch) => sql`
  noted AS (
    UPDATE attempts t
       SET outcome = CASE WHEN k.is_told THEN 'accepted' ELSE 'unknown' END,
           error_code = CASE WHEN NOT k.is_told THEN 'overtaken' WHEN k.level > k.had THEN k.error_code
                             WHEN k.level > 0 THEN t.error_code END,
           receipt = (${LEVELS})[k.level], provider_message_id = coalesce(t.provider_message_id, k.message_id),
           finished_at = coalesce(t.finished_at, clock_timestamp())
      FROM known k LEFT JOIN fate f ON f.id = k.delivery_id
     WHERE t.tenant_id = ${tenantId}::uuid AND t.delivery_id = k.delivery_id AND t.number = k.number
       AND (k.is_told OR f.next IS NOT NULL AND k.outcome = 'started')
  ), moved AS (
    UPDATE deliveries d
       SET status = coalesce(f.next, d.status), fence = d.fence + 1, lease_until = NULL, updated_at = now(),
           due_at = CASE WHEN f.next = 'pending' THEN now()
                         WHEN f.next IN ('delivered', 'failed') OR d.payload IS NULL THEN NULL ELSE d.expires_at END,
           payload = CASE WHEN f.next IN ('delivered', 'failed') THEN NULL ELSE d.payload END,
           again_since = CASE WHEN f.next = 'pending' THEN now() ELSE d.again_since END
      FROM fate f WHERE d.tenant_id = ${tenantId}::uuid AND d.id = f.id AND (f.next IS NOT NULL OR f.is_held)
  )`

const listed = ({ tenantId, provider }: ReceiptBatch) => sql`
  unwilling AS MATERIALIZED (
    SELECT DISTINCT ON (s.channel, s.recipient_digest) s.channel, s.recipient_digest, f.suppress AS reason,
           ${provider}::text AS provider, s.id, s.traceparent
      FROM fresh f JOIN seen s ON s.id = f.delivery_id WHERE f.suppress IS NOT NULL AND s.recipient_digest IS NOT NULL
     ORDER BY s.channel, s.recipient_digest, f.occurred_at, f.n
  ), ${listedRecipients(tenantId)}`

const told = ({ tenantId, provider }: ReceiptBatch) => sql`
  told AS (
    INSERT INTO outbox (tenant_id, kind, subject, outcome, reason, traceparent, data)
    SELECT ${tenantId}::uuid, CASE f.next WHEN 'pending' THEN 'delivery.deferred' ELSE 'delivery.' || f.next END,
           'delivery:' || f.id, CASE WHEN f.next IN ('accepted', 'delivered') THEN 'success' ELSE 'failed' END,
           CASE f.next WHEN 'pending' THEN 'undelivered' WHEN 'failed' THEN coalesce(k.error_code, k.status) END, f.traceparent,
           jsonb_strip_nulls(jsonb_build_object('attempt', k.number, 'provider', ${provider}::text, 'receipt', k.status,
             'provider_message_id', k.message_id))
      FROM fate f JOIN known k ON k.delivery_id = f.id AND k.number = f.attempt WHERE f.next IS NOT NULL
    UNION ALL
    ${listedEvents(tenantId)}
  )`
