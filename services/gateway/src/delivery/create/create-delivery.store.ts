// A message of the tenant's own is one statement, over one or many: count the send, insert the delivery, tell it.

import type { DeliveryStatus } from '@postern/contracts/challenge'
import { inputRows, type SetStatement } from '@postern/db/set-statement'
import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import { uncountedGuard } from '../../challenge/uncounted-guard.store.ts'
import { LIFE_SECONDS, MESSAGES, type NewDelivery } from './new-delivery.ts'

export type Created =
  | { kind: 'created'; status: DeliveryStatus; sendAt: Date; expiresAt: Date; createdAt: Date }
  | { kind: 'limited'; retryAfterSeconds: number }

interface Row {
  status: DeliveryStatus | null
  send_at: Date | null
  expires_at: Date | null
  created_at: Date | null
  retry_after: number | null
}

/** Writes the delivery unless its recipient had the tenant's share of messages. */
export async function insertDelivery(run: TenantRun, delivery: NewDelivery): Promise<Created> {
  const { status, send_at, expires_at, created_at, retry_after } = await run.each(MAKING, delivery)
  if (!status || !send_at || !expires_at || !created_at) {
    return { kind: 'limited', retryAfterSeconds: Math.max(1, retry_after ?? 1) }
  }
  return { kind: 'created', status, sendAt: send_at, expiresAt: expires_at, createdAt: created_at }
}

const MAKING: SetStatement<NewDelivery, Row> = {
  tenantOf: ({ tenantId }) => tenantId,
  keys: ({ tenantId, limitKey }) => [`message:${tenantId}:${limitKey}`],
  locks: false,
  build: (tenantId) => statement(tenantId),
}

const statement = (tenantId: string) => sql<Row & { n: number }>`
  WITH ask AS MATERIALIZED (SELECT * FROM ${ASKED}), ${countedMessages(tenantId)}, ${made(tenantId)},
    ${told(tenantId)}
  SELECT a.n, m.status, m.send_at, m.expires_at, m.created_at, h.retry_after
    FROM ask a JOIN counted h USING (n) LEFT JOIN made m ON m.id = a.id`

const ASKED = inputRows<NewDelivery>('input', {
  id: ['uuid', (d) => d.id],
  channel: ['text', (d) => d.channel],
  limit_key: ['text', (d) => d.limitKey],
  identifier_digest: ['text', (d) => d.identifierDigest],
  recipient_digest: ['bytea', (d) => d.recipientDigest],
  template: ['text', (d) => d.template.name],
  template_locale: ['text', (d) => d.template.locale],
  template_version: ['integer', (d) => d.template.version],
  locale: ['text', (d) => d.locale],
  payload: ['bytea', (d) => d.payload],
  payload_version: ['smallint', (d) => d.payloadVersion],
  is_withheld: ['boolean', (d) => d.withheld],
  send_at: ['timestamptz', (d) => d.sendAt],
  expires_at: ['timestamptz', (d) => d.expiresAt],
})

const QUOTA = sql.lit(MESSAGES.quota)
const WINDOW = sql`make_interval(secs => ${sql.lit(MESSAGES.windowSeconds)})`
const RUNS = sql`coalesce(g.message_window_started_at > now() - ${WINDOW}, false)`

/**
 * `counted`: a row for each input: `n, is_hit, is_first_hit, retry_after`. A count stops one above its limit: the first
 * refusal of a window is told to the trail, a flood of them is not. Links and codes begin a window of their own.
 */
export function countedMessages(tenantId: string) {
  // Guards are taken in one order, which is also that of who issues and who judges proofs.
  return sql`
  counts AS (
    INSERT INTO identifier_guards AS g
      (tenant_id, limit_key, window_started_at, sends, message_window_started_at, message_sends)
    SELECT ${tenantId}::uuid, limit_key, 'epoch', 0, now(), 1 FROM ask ORDER BY limit_key
    ON CONFLICT (tenant_id, limit_key) DO UPDATE SET
      message_sends = CASE WHEN ${RUNS} THEN g.message_sends + 1 ELSE 1 END,
      message_window_started_at =
        CASE WHEN ${RUNS} THEN g.message_window_started_at ELSE excluded.message_window_started_at END
    WHERE NOT (${RUNS} AND g.message_sends > ${QUOTA})
    RETURNING g.limit_key, g.message_sends, g.message_window_started_at
  ), counted AS MATERIALIZED (
    SELECT a.n, coalesce(c.message_sends > ${QUOTA}, true) AS is_hit,
           coalesce(c.message_sends > ${QUOTA}, false) AS is_first_hit,
           ceil(extract(epoch FROM coalesce(c.message_window_started_at, g.message_window_started_at) + ${WINDOW} - now()))
             ::integer AS retry_after
      FROM ask a LEFT JOIN counts c USING (limit_key) ${uncountedGuard(tenantId)}
  )`
}

const made = (tenantId: string) => sql`
  timed AS (
    SELECT a.n, coalesce(a.send_at, now()) AS due_at FROM ask a JOIN counted h USING (n) WHERE NOT h.is_hit
  ), made AS (
    INSERT INTO deliveries (tenant_id, id, channel, template, template_locale, template_version, locale, status, decoy,
      payload, payload_version, recipient_digest, send_at, expires_at, due_at, traceparent)
    SELECT ${tenantId}::uuid, a.id, a.channel, a.template, a.template_locale, a.template_version, a.locale,
           CASE WHEN t.due_at > now() THEN 'scheduled' ELSE 'pending' END, a.is_withheld, a.payload, a.payload_version,
           a.recipient_digest, t.due_at,
           coalesce(a.expires_at, t.due_at + make_interval(secs => ${sql.lit(LIFE_SECONDS)})), t.due_at, a.traceparent
      FROM timed t JOIN ask a USING (n)
    RETURNING id, status, send_at, expires_at, created_at
  )`

const told = (tenantId: string) => sql`
  events AS (
    SELECT a.n, 'delivery.created' AS kind, 'delivery:' || a.id AS subject, 'success' AS outcome, NULL::text AS reason,
           jsonb_strip_nulls(jsonb_build_object('channel', a.channel, 'template', a.template,
             'version', a.template_version, 'identifier', a.identifier_digest,
             'withheld', CASE WHEN a.is_withheld THEN 'test_destination' END)) AS data
      FROM made m JOIN ask a ON a.id = m.id
    UNION ALL
    SELECT a.n, 'limit.hit', 'identifier:' || a.identifier_digest, 'refused', 'message_sends',
           jsonb_build_object('limit', ${QUOTA})
      FROM counted h JOIN ask a USING (n) WHERE h.is_first_hit
  ), told AS (
    INSERT INTO outbox (tenant_id, kind, subject, outcome, reason, data, request_id, traceparent)
    SELECT ${tenantId}::uuid, e.kind, e.subject, e.outcome, e.reason, e.data, a.request_id, a.traceparent
      FROM events e JOIN ask a USING (n)
  )`
