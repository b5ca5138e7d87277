// Issuing is one statement, over one challenge or many: look whether it may be, count the send, supersede what is live,
// insert the challenge, its delivery and their events.

import { inputRows, type SetStatement } from '@postern/db/set-statement'
import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import { judgedSends } from './count-sends.store.ts'
import { refusalOf } from './issue-condition.store.ts'
import type { Issued, IssueRefusal, NewChallenge } from './new-challenge.ts'
import { RESEND_SECONDS, SENDS, VERIFY_SENDS } from './send-limit.ts'

interface Row {
  refusal: IssueRefusal | null
  expires_at: Date | null
  resend_after: Date | null
  hit: 'identifier_sends' | 'verify_email_sends' | null
  retry_after: number | null
}

/** Issues the challenge unless the identifier had its share of sends, or who it is for does not want it any more. */
export async function insertChallenge(run: TenantRun, challenge: NewChallenge): Promise<Issued> {
  const row = await run.each(ISSUING, challenge)
  const { refusal, expires_at: expiresAt, resend_after: resendAfter } = row
  if (expiresAt && resendAfter) return { kind: 'issued', expiresAt, resendAfter }
  if (refusal) return { kind: 'refused', reason: refusal }
  const limit = row.hit === 'verify_email_sends' ? VERIFY_SENDS : SENDS
  return { kind: 'limited', limit, retryAfterSeconds: Math.max(1, row.retry_after ?? 1) }
}

const ISSUING: SetStatement<NewChallenge, Row> = {
  tenantOf: ({ tenantId }) => tenantId,
  // One identifier's issues wait for each other, so that the later one sees what it has to supersede.
  keys: ({ tenantId, identifier }) => [`issue:${tenantId}:${identifier.limitKey}`],
  locks: true,
  // Each step carries on what the steps behind it need: joining the inputs again at each would cost more than writing them.
  build: (tenantId) => sql<Row & { n: number }>`
    WITH ask AS MATERIALIZED (SELECT a.*, ${refusalOf(tenantId)} AS refusal FROM ${ASKED}), ${judgedSends(tenantId)},
      ${superseded(tenantId)}, ${issued(tenantId)}, ${sending(tenantId)}, ${told(tenantId)}
    SELECT j.n, j.refusal, i.expires_at, j.hit, j.retry_after,
           greatest(i.due_at + make_interval(secs => ${sql.lit(RESEND_SECONDS)}), j.full_until) AS resend_after
      FROM judged j LEFT JOIN issued i ON i.id = j.id`,
}

const ASKED = inputRows<NewChallenge>('a', {
  id: ['uuid', (c) => c.id],
  kind: ['text', (c) => c.kind],
  purpose: ['text', (c) => c.purpose],
  method: ['text', (c) => c.method],
  identifier_kind: ['text', (c) => c.identifier.kind],
  identity_key: ['text', (c) => c.identifier.identityKey],
  address: ['text', (c) => c.identifier.address],
  limit_key: ['text', (c) => c.identifier.limitKey],
  identifier_digest: ['text', (c) => c.identifierDigest],
  digest: ['bytea', (c) => c.digest],
  key_version: ['smallint', (c) => c.keyVersion],
  code_challenge: ['text', (c) => c.codeChallenge],
  redirect_url: ['text', (c) => c.redirectUrl],
  session_id: ['uuid', (c) => c.sessionId],
  mfa_id: ['uuid', (c) => c.mfa?.pendingId ?? null],
  mfa_digest: ['bytea', (c) => c.mfa?.digest ?? null],
  resends: ['uuid', (c) => c.resends],
  metadata: ['jsonb', (c) => JSON.stringify(c.metadata)],
  create_user: ['boolean', (c) => c.createUser],
  send_at: ['timestamptz', (c) => c.sendAt],
  ttl_seconds: ['integer', (c) => c.ttlSeconds],
  delivery_id: ['uuid', (c) => c.delivery.id],
  channel: ['text', (c) => c.delivery.channel],
  template: ['text', (c) => c.delivery.template],
  locale: ['text', (c) => c.delivery.locale],
  payload: ['bytea', (c) => c.delivery.payload],
  payload_version: ['smallint', (c) => c.delivery.payloadVersion],
  recipient_digest: ['bytea', (c) => c.delivery.recipientDigest],
  is_withheld: ['boolean', (c) => c.delivery.withheld],
  is_queued: ['boolean', (c) => c.delivery.isHandedOver],
})

const PASSED = sql`j.refusal IS NULL AND j.hit IS NULL`

// What is scheduled replaces nothing before it is due. The next factor of a sign-in and its first one leave each other be.
const superseded = (tenantId: string) => sql`
  superseded AS (
    UPDATE challenges c SET superseded_at = now()
      FROM judged j
     WHERE ${PASSED} AND c.tenant_id = ${tenantId}::uuid AND c.identity_key = j.identity_key
       -- Said once more as a list: while statistics are young, all of a tenant's live challenges would be read for it.
       AND c.identity_key = ANY (ARRAY(SELECT identity_key FROM ask))
       AND c.purpose = j.purpose AND c.kind = j.kind AND (c.mfa_id IS NULL) = (j.mfa_id IS NULL)
       AND c.consumed_at IS NULL AND c.superseded_at IS NULL AND c.revoked_at IS NULL AND c.expires_at > now()
       -- The clock, not the transaction: who waited for the lock began before the one to be superseded.
       AND (c.id = j.resends OR c.due_at <= clock_timestamp() AND j.send_at IS NULL)
    RETURNING c.id, j.id AS by, j.request_id, j.traceparent
  )`

const issued = (tenantId: string) => sql`
  issued AS (
    INSERT INTO challenges (tenant_id, id, kind, purpose, identifier_kind, identity_key, address, digest, key_version,
      code_challenge, redirect_url, session_id, mfa_id, delivery_id, limit_key, identifier_digest, metadata, decoy,
      due_at, expires_at)
    SELECT ${tenantId}::uuid, j.id, j.kind, j.purpose, j.identifier_kind, j.identity_key, j.address, j.digest,
           j.key_version, j.code_challenge, j.redirect_url, j.session_id, j.mfa_id, j.delivery_id, j.limit_key,
           j.identifier_digest, j.metadata,
           NOT j.create_user AND coalesce(j.session_id, j.mfa_id) IS NULL AND NOT EXISTS (
             SELECT FROM identifiers i WHERE i.tenant_id = ${tenantId}::uuid AND i.kind = j.identifier_kind
                AND i.identity_key = j.identity_key),
           coalesce(j.send_at, now()), coalesce(j.send_at, now()) + make_interval(secs => j.ttl_seconds)
      FROM judged j WHERE ${PASSED}
    RETURNING id, decoy, due_at, expires_at
  )`

// `outgoing`: what was issued, and why it is withheld (NULL: it goes out). What nobody could use goes nowhere, and looks like
// what does: decoys, and codes that end before their identifier may prove one again. Test destinations get nothing either.
const sending = (tenantId: string) => sql`
  outgoing AS MATERIALIZED (
    SELECT j.*, i.due_at, i.expires_at,
           CASE WHEN i.decoy THEN 'unknown_identifier'
                WHEN j.is_withheld THEN 'test_destination'
                WHEN j.kind = 'otp' AND (j.is_disabled OR j.wait_until >= i.expires_at) THEN 'locked' END AS withheld_why
      FROM issued i JOIN judged j ON j.id = i.id
  ), sending AS (
    INSERT INTO deliveries (tenant_id, id, challenge_id, channel, template, locale, status, decoy, payload,
      payload_version, recipient_digest, send_at, expires_at, due_at, drive, traceparent)
    SELECT ${tenantId}::uuid, o.delivery_id, o.id, o.channel, o.template, o.locale,
           CASE WHEN o.is_queued THEN 'queued' WHEN o.due_at > now() THEN 'scheduled' ELSE 'pending' END,
           o.withheld_why IS NOT NULL, o.payload, o.payload_version, o.recipient_digest, o.due_at, o.expires_at,
           -- As claim_due marks it.
           CASE WHEN o.is_queued THEN now() + interval '10 seconds' ELSE o.due_at END, o.is_queued::integer, o.traceparent
      FROM outgoing o
  )`

// A delivery is told as queued after its challenge as issued: events of one moment are in the order in which they are written.
const told = (tenantId: string) => sql`
  events AS (
    SELECT 1 AS place, o.request_id, o.traceparent, 'challenge.issued' AS kind, 'challenge:' || o.id AS subject,
           'success' AS outcome, NULL AS reason,
           jsonb_strip_nulls(jsonb_build_object('kind', o.kind, 'purpose', o.purpose, 'channel', o.channel,
             'delivery_id', o.delivery_id, 'identifier', o.identifier_digest, 'withheld', o.withheld_why, 'resends', o.resends,
             'session_id', o.session_id, 'pending_id', o.mfa_id)) AS data
      FROM outgoing o
    UNION ALL
    SELECT 2, o.request_id, o.traceparent, 'delivery.queued', 'delivery:' || o.delivery_id, 'success', NULL,
           jsonb_build_object('drive', 1, 'channel', o.channel)
      FROM outgoing o WHERE o.is_queued
    UNION ALL
    SELECT 2, request_id, traceparent, 'challenge.superseded', 'challenge:' || id, 'success', NULL,
           jsonb_build_object('by', by)
      FROM superseded
    UNION ALL
    SELECT 1, j.request_id, j.traceparent, 'limit.hit', 'identifier:' || j.identifier_digest, 'refused', j.hit,
           jsonb_build_object('limit', j.quota)
      FROM judged j WHERE j.is_first_hit
  ), told AS (
    INSERT INTO outbox (tenant_id, kind, subject, outcome, reason, data, request_id, traceparent)
    SELECT ${tenantId}::uuid, e.kind, e.subject, e.outcome, e.reason, e.data, e.request_id, e.traceparent
      FROM events e ORDER BY e.place
  )`
