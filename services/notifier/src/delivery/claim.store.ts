// Takes deliveries for one worker, or says why not: one statement, so of any number of workers exactly one wins.
// What turns out to be over is ended here, with its event, and never reaches a vendor.

import type { ChannelName } from '@postern/contracts/sender'
import { deliveryLock } from '@postern/db/delivery-lock'
import { MAX_PERHAPS_SENT } from '@postern/db/perhaps-sent'
import { inputRows, type SetStatement } from '@postern/db/set-statement'
import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import type { ConfiguredSender } from '../sender/configured-sender.ts'
import { type ClaimAnswer, LEASE_SECONDS, MAX_POISONED, type Refusal } from './delivery.ts'
import { type WordingFacts, wordingOf } from './wording.ts'

export interface ClaimInput {
  readonly tenantId: string
  readonly deliveryId: string
  /** Of the queue that named it: a delivery by another channel is left alone. */
  readonly channel: ChannelName
  /** Names this process in the row. */
  readonly worker: string
}

interface ClaimRow extends WordingFacts {
  /** null: there is no such delivery */
  verdict: 'claimed' | Refusal | null
  status: string
  fence: string | null
  tenantName: string | null
  payload: Buffer | null
  payloadVersion: number | null
  secondsWaited: number
  secondsLeft: number
  tried: string[]
  takenBy: string[]
  refusals: number
  senders: ConfiguredSender[]
  unsure: { number: number; key: string; provider: string; startedAt: string }[]
  traceparent: string | null
}

/**
 * Claims the delivery for `LEASE_SECONDS`. Every claim counts as poison until `startAttempt` takes that back, so a
 * payload that kills the process is counted too. Attempts left over from an earlier claim become unknown.
 */
export async function claimDelivery(run: TenantRun, input: ClaimInput): Promise<ClaimAnswer> {
  const { verdict, status, fence, ...row } = await run.each(CLAIM, input)
  if (verdict === null) return { kind: 'refused', reason: 'gone', status: null }
  if (verdict !== 'claimed') return { kind: 'refused', reason: verdict, status }
  if (fence === null) return { kind: 'refused', reason: 'taken', status }
  const { tenantId, deliveryId } = input
  const { locale, keptLocale, keptVersion, written, defaultLocale, ...rest } = row
  const { template } = rest
  const wording = wordingOf({ template, locale, keptLocale, keptVersion, written, defaultLocale })
  const unsure = rest.unsure.map((attempt) => ({ ...attempt, startedAt: new Date(attempt.startedAt) }))
  return { kind: 'claimed', claim: { tenantId, deliveryId, fence, ...rest, wording, unsure } }
}

const CLAIM: SetStatement<ClaimInput, ClaimRow> = {
  tenantOf: ({ tenantId }) => tenantId,
  build: (tenantId) => statement(tenantId),
  keys: ({ deliveryId }) => [deliveryLock(deliveryId)],
  locks: true,
  isPatient: true,
}

// Each part sees the data as it was when the statement began; the lock and FOR UPDATE make that the newest state.
const statement = (tenantId: string) => sql<ClaimRow & { n: number }>`
  WITH ${seen(tenantId)}, ${judged(tenantId)}, ${settled(tenantId)}, configured AS (
    SELECT e.channel, jsonb_agg(jsonb_build_object('id', e.id, 'provider', e.provider, 'settings', e.settings,
             'secret', e.secret, 'version', e.updated_at) ORDER BY e.position, e.id) AS senders
      FROM senders e WHERE e.tenant_id = ${tenantId}::uuid AND e.enabled GROUP BY e.channel
  )
  SELECT ask.n, j.verdict, coalesce(m.status, j.status) AS status, m.fence, j.template, j.locale, j.payload,
         j.payload_version AS "payloadVersion", extract(epoch FROM now() - j.since)::float8 AS "secondsWaited",
         extract(epoch FROM j.over_at - now())::float8 AS "secondsLeft", j.tried, j.taken_by AS "takenBy",
         j.refusals::int AS refusals, j.unsure, j.traceparent, coalesce(o.senders, '[]') AS senders, t.name AS "tenantName",
         t.default_locale AS "defaultLocale", j.template_locale AS "keptLocale", j.template_version AS "keptVersion", w.written
    FROM ask LEFT JOIN judged j USING (n) LEFT JOIN moved m USING (n) LEFT JOIN configured o ON o.channel = ask.channel
    LEFT JOIN tenants t ON t.id = ${tenantId}::uuid
    LEFT JOIN LATERAL (${written(tenantId)}) w ON j.verdict = 'claimed'`

// What the tenant wrote for it: the version that was kept, else the newest of the nearest locale.
const written = (tenantId: string) => sql`
  SELECT to_jsonb(k) AS written FROM templates k
   WHERE k.tenant_id = ${tenantId}::uuid AND k.name = j.template AND k.locale = j.template_locale AND k.version = j.template_version
  UNION ALL
  SELECT to_jsonb(f) FROM find_template(${tenantId}::uuid, j.template, ask.channel, j.locale) f
   WHERE j.template_version IS NULL
     AND EXISTS (SELECT FROM templates e WHERE e.tenant_id = ${tenantId}::uuid AND e.name = j.template)`

const seen = (tenantId: string) => sql`
  ask AS MATERIALIZED (
    SELECT * FROM ${inputRows<ClaimInput>('input', {
      delivery_id: ['uuid', ({ deliveryId }) => deliveryId],
      channel: ['text', ({ channel }) => channel],
      worker: ['text', ({ worker }) => worker],
    })}
  ), seen AS MATERIALIZED (
    SELECT a.n, a.channel AS asked_channel, a.worker, d.*
      FROM (SELECT n, delivery_id, channel, worker FROM ask ORDER BY delivery_id) a
     CROSS JOIN LATERAL (
       SELECT id, challenge_id, channel, status, decoy, send_at, again_since, expires_at, due_at, lease_until, poisoned,
              template, locale, template_locale, template_version, payload, payload_version, recipient_digest, traceparent
         FROM deliveries WHERE tenant_id = ${tenantId}::uuid AND id = a.delivery_id LIMIT 1 FOR UPDATE) d
  )`

const judged = (tenantId: string) => sql`
  tries AS MATERIALIZED (
    SELECT s.n, t.* FROM seen s CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE a.outcome IN ('started', 'accepted', 'unknown')) AS perhaps_sent,
             coalesce(array_agg(coalesce(a.sender_id::text, a.provider) ORDER BY a.number), '{}') AS tried,
             coalesce(array_agg(coalesce(a.sender_id::text, a.provider)) FILTER (WHERE a.outcome = 'accepted'), '{}')
               AS taken_by,
             count(*) FILTER (WHERE a.outcome = 'retryable') AS refusals,
             coalesce(jsonb_agg(jsonb_build_object('number', a.number, 'key', coalesce(a.sender_id::text, a.provider),
               'provider', a.provider, 'startedAt', a.started_at) ORDER BY a.number)
               FILTER (WHERE a.outcome IN ('started', 'unknown')), '[]') AS unsure
        FROM attempts a WHERE a.tenant_id = ${tenantId}::uuid AND a.delivery_id = s.id) t
  ), judged AS MATERIALIZED (
    SELECT s.n, s.id, s.worker, s.status, coalesce(s.again_since, s.send_at) AS since, s.template, s.locale, s.template_locale, s.template_version, s.payload,
           s.payload_version, s.traceparent, t.tried, t.taken_by, t.refusals, t.unsure, t.perhaps_sent, least(s.expires_at, c.expires_at) AS over_at, CASE
        WHEN s.status NOT IN ('scheduled', 'pending', 'queued', 'sending') THEN 'gone'
        WHEN s.channel <> s.asked_channel THEN 'other_channel'
        WHEN s.status = 'sending' AND s.lease_until >= now() THEN 'taken'
        WHEN s.expires_at <= now() THEN 'expired'
        WHEN s.status = 'scheduled' OR s.send_at > now() OR (s.status = 'pending' AND s.due_at > now()) THEN 'not_due'
        WHEN s.decoy THEN 'decoy'
        WHEN s.challenge_id IS NOT NULL AND (c.id IS NULL OR c.consumed_at IS NOT NULL OR c.superseded_at IS NOT NULL
          OR c.revoked_at IS NOT NULL OR c.expires_at <= now()) THEN 'challenge_over'
        WHEN u.is_suppressed THEN 'suppressed'
        WHEN t.perhaps_sent >= ${sql.lit(MAX_PERHAPS_SENT)} THEN 'attempts_used'
        WHEN s.poisoned >= ${sql.lit(MAX_POISONED)} THEN 'poisoned'
        ELSE 'claimed' END AS verdict
      FROM seen s JOIN tries t USING (n)
      -- The recipient has a digest for each live key: a look-up by whole key for each.
      LEFT JOIN LATERAL (
        SELECT true AS is_suppressed FROM generate_series(1, length(s.recipient_digest), 32) AS at
         CROSS JOIN LATERAL (SELECT FROM suppressions WHERE tenant_id = ${tenantId}::uuid AND channel = s.channel
            AND recipient_digest = substring(s.recipient_digest FROM at FOR 32) LIMIT 1) p LIMIT 1) u ON true
      LEFT JOIN LATERAL (SELECT id, consumed_at, superseded_at, revoked_at, expires_at FROM challenges
                          WHERE tenant_id = ${tenantId}::uuid AND id = s.challenge_id LIMIT 1) c ON true
  )`

const settled = (tenantId: string) => sql`
  fate AS MATERIALIZED (
    SELECT j.n, j.id, j.worker, j.verdict, j.traceparent, j.perhaps_sent, j.unsure, CASE j.verdict
        WHEN 'claimed' THEN 'sending' WHEN 'decoy' THEN 'suppressed' WHEN 'poisoned' THEN 'dead_letter'
        -- What a vendor took, or may have taken, was not cancelled.
        ELSE resting_status(${tenantId}::uuid, j.id, CASE j.verdict WHEN 'suppressed' THEN 'suppressed' ELSE 'cancelled' END)
        END AS status
      FROM judged j WHERE j.verdict IN ('claimed', 'decoy', 'challenge_over', 'suppressed', 'attempts_used', 'poisoned')
  ), left_over AS (
    UPDATE attempts a SET outcome = 'unknown', error_code = 'lease_ended', finished_at = now()
     WHERE a.tenant_id = ${tenantId}::uuid AND a.outcome = 'started'
       AND a.delivery_id = ANY (ARRAY(SELECT id FROM fate WHERE unsure <> '[]'))
  ), moved AS (
    UPDATE deliveries d
       SET status = f.status, fence = d.fence + 1, worker = f.worker, updated_at = now(),
           lease_until = CASE WHEN f.verdict = 'claimed' THEN now() + ${sql.lit(LEASE_SECONDS)} * interval '1 s' END,
           -- A dead letter keeps what it holds until its time is over: it may be driven again.
           due_at = CASE f.verdict WHEN 'claimed' THEN now() + ${sql.lit(LEASE_SECONDS)} * interval '1 s'
                                   WHEN 'poisoned' THEN d.expires_at END,
           poisoned = CASE WHEN f.verdict = 'claimed' THEN d.poisoned + 1 ELSE d.poisoned END,
           payload = CASE WHEN f.verdict IN ('claimed', 'poisoned') THEN d.payload END
      FROM fate f WHERE d.tenant_id = ${tenantId}::uuid AND d.id = ANY (ARRAY(SELECT id FROM fate)) AND d.id = f.id
    RETURNING f.n, d.status, d.fence
  ), told AS (
    INSERT INTO outbox (tenant_id, kind, subject, outcome, reason, traceparent, data)
    SELECT ${tenantId}::uuid, 'delivery.' || f.status, 'delivery:' || f.id,
           CASE WHEN f.status IN ('cancelled', 'suppressed', 'accepted') THEN 'success' ELSE 'failed' END, f.verdict, f.traceparent,
           jsonb_build_object('perhaps_sent', f.perhaps_sent)
      FROM fate f WHERE f.verdict <> 'claimed'
  )`
