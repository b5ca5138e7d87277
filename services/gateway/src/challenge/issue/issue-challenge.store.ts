// Issuing is one statement, over one challenge or many: look whether it may be, count the send, supersede what is live,
// insert the challenge, its delivery and their events.

import { inputRows, type SetStatement } from '@postern/db/set-statement'
import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import { countedSends } from './count-sends.store.ts'
import { fitting } from './issue-condition.store.ts'
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
  build: (tenantId) => sql<Row & { n: number }>`
    WITH ask AS MATERIALIZED (SELECT * FROM ${ASKED}), ${fitting(tenantId)}, ${countedSends(tenantId)},
      ${superseded(tenantId)}, ${issued(tenantId)}, ${sending(tenantId)}, ${told(tenantId)}
    SELECT a.n, f.refusal, i.expires_at, h.hit, h.retry_after,
           greatest(i.due_at + make_interval(secs => ${sql.lit(RESEND_SECONDS)}), h.full_until) AS resend_after
      FROM ask a JOIN fit f USING (n) LEFT JOIN counted h USING (n) LEFT JOIN issued i ON i.id = a.id`,
}

const ASKED = inputRows<NewChallenge>('input', {
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

// What is scheduled replaces nothing before it is due. The next factor of a sign-in and its first one leave each other be.
const superseded = (tenantId: string) => sql`
  superseded AS (
    UPDATE challenges c SET superseded_at = now()
      FROM counted h JOIN ask a USING (n)
     WHERE h.hit IS NULL AND c.tenant_id = ${tenantId}::uuid AND c.identity_key = a.identity_key
       -- Said once more as a list: while statistics are young, all of a tenant's live challenges would be read for it.
       AND c.identity_key = ANY (ARRAY(SELECT identity_key FROM ask))
       AND c.purpose = a.purpose AND c.kind = a.kind AND (c.mfa_id IS NULL) = (a.mfa_id IS NULL)
       AND c.consumed_at IS NULL AND c.superseded_at IS NULL AND c.revoked_at IS NULL AND c.expires_at > now()
       -- The clock, not the transaction: who waited for the lock began before the one to be superseded.
       AND (c.id = a.resends OR c.due_at <= clock_timestamp() AND a.send_at IS NULL)
    RETURNING a.n, c.id, a.id AS by
  )`

const issued = (tenantId: string) => sql`
  issued AS (
    INSERT INTO challenges (tenant_id, id, kind, purpose, identifier_kind, identity_key, address, digest, key_version,
      code_challenge, redirect_url, session_id, mfa_id, delivery_id, limit_key, identifier_digest, metadata, decoy,
      due_at, expires_at)
    SELECT ${tenantId}::uuid, a.id, a.kind, a.purpose, a.identifier_kind, a.identity_key, a.address, a.digest,
           a.key_version, a.code_challenge, a.redirect_url, a.session_id, a.mfa_id, a.delivery_id, a.limit_key,
           a.identifier_digest, a.metadata,
           NOT a.create_user AND coalesce(a.session_id, a.mfa_id) IS NULL AND NOT EXISTS (
             SELECT FROM identifiers i WHERE i.tenant_id = ${tenantId}::uuid AND i.kind = a.identifier_kind
                AND i.identity_key = a.identity_key),
           coalesce(a.send_at, now()), coalesce(a.send_at, now()) + make_interval(secs => a.ttl_seconds)
      FROM counted h JOIN ask a USING (n) WHERE h.hit IS NULL
    RETURNING id, decoy, due_at, expires_at
  )`

// What nobody could use goes nowhere, and looks like what does: decoys, and codes that end before their identifier may
// prove one again. Test destinations get nothing either.
const sending = (tenantId: string) => sql`
  withheld AS (
    SELECT a.n, CASE WHEN i.decoy THEN 'unknown_identifier'
                     WHEN a.is_withheld THEN 'test_destination'
                     WHEN a.kind = 'otp' AND (h.is_disabled OR h.wait_until >= i.expires_at) THEN 'locked' END AS why
      FROM issued i JOIN ask a ON a.id = i.id JOIN counted h USING (n)
  ), sending AS (
    INSERT INTO deliveries (tenant_id, id, challenge_id, channel, template, locale, status, decoy, payload,
      payload_version, recipient_digest, send_at, expires_at, due_at, drive, traceparent)
    SELECT ${tenantId}::uuid, a.delivery_id, i.id, a.channel, a.template, a.locale,
           CASE WHEN a.is_queued THEN 'queued' WHEN i.due_at > now() THEN 'scheduled' ELSE 'pending' END,
           w.why IS NOT NULL, a.payload, a.payload_version, a.recipient_digest, i.due_at, i.expires_at,
           -- As claim_due marks it.
           CASE WHEN a.is_queued THEN now() + interval '10 seconds' ELSE i.due_at END, a.is_queued::integer, a.traceparent
      FROM withheld w JOIN ask a USING (n) JOIN issued i ON i.id = a.id
  )`

// A delivery is told as queued after its challenge as issued: events of one moment are in the order in which they are written.
const told = (tenantId: string) => sql`
  events AS (
    SELECT 1 AS place, a.n, 'challenge.issued' AS kind, 'challenge:' || a.id AS subject, 'success' AS outcome,
           NULL AS reason,
           jsonb_strip_nulls(jsonb_build_object('kind', a.kind, 'purpose', a.purpose, 'channel', a.channel,
             'delivery_id', a.delivery_id, 'identifier', a.identifier_digest, 'withheld', w.why, 'resends', a.resends,
             'session_id', a.session_id, 'pending_id', a.mfa_id)) AS data
      FROM withheld w JOIN ask a USING (n)
    UNION ALL
    SELECT 2, a.n, 'delivery.queued', 'delivery:' || a.delivery_id, 'success', NULL,
           jsonb_build_object('drive', 1, 'channel', a.channel)
      FROM withheld w JOIN ask a USING (n) WHERE a.is_queued
    UNION ALL
    SELECT 2, n, 'challenge.superseded', 'challenge:' || id, 'success', NULL, jsonb_build_object('by', by)
      FROM superseded
    UNION ALL
    SELECT 1, a.n, 'limit.hit', 'identifier:' || a.identifier_digest, 'refused', h.hit,
           jsonb_build_object('limit', h.quota)
      FROM counted h JOIN ask a USING (n) WHERE h.is_first_hit
  ), told AS (
    INSERT INTO outbox (tenant_id, kind, subject, outcome, reason, data, request_id, traceparent)
    SELECT ${tenantId}::uuid, e.kind, e.subject, e.outcome, e.reason, e.data, a.request_id, a.traceparent
      FROM events e JOIN ask a USING (n) ORDER BY e.place
  )`
