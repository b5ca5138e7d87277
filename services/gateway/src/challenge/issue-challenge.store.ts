// Issuing is one statement: count the send, supersede what is live, insert the challenge, its delivery and their events.

import type { Purpose } from '@postern/contracts/challenge'
import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import { SENDS_PER_WINDOW, WINDOW_SECONDS } from './send-limit.ts'

export interface NewChallenge {
  tenantId: string
  id: string
  purpose: Purpose
  address: string
  identityKey: string
  limitKey: string
  /** keyed digest of the identifier: what the trail shows instead of the address */
  identifierDigest: string
  digest: Buffer
  keyVersion: number
  codeChallenge: string | null
  redirectUrl: string
  metadata: Record<string, string>
  createUser: boolean
  /** null: now */
  sendAt: Date | null
  ttlSeconds: number
  delivery: { id: string; template: string; locale: string | null; payload: Buffer; payloadVersion: number }
}

export type Issued = { kind: 'issued'; expiresAt: Date } | { kind: 'limited'; retryAfterSeconds: number }

const WINDOW = sql.lit(`${WINDOW_SECONDS} seconds`)

/** Issues the challenge unless the identifier had its share of sends. */
export async function insertChallenge(run: TenantRun, row: NewChallenge): Promise<Issued> {
  // One identifier's issues wait for each other, so that the later one sees what it has to supersede.
  const [found] = await run(statement(row), `issue:${row.tenantId}:${row.limitKey}`)
  if (found?.expires_at) return { kind: 'issued', expiresAt: found.expires_at }
  return { kind: 'limited', retryAfterSeconds: Math.max(1, found?.retry_after ?? 1) }
}

const statement = (row: NewChallenge) => sql<{ expires_at: Date | null; retry_after: number }>`
  WITH ${countedSend(row)}, ${superseding(row)},
  issued AS (
    INSERT INTO challenges (tenant_id, id, kind, purpose, identifier_kind, identity_key, address, digest, key_version,
      code_challenge, redirect_url, delivery_id, limit_key, identifier_digest, metadata, decoy, due_at, expires_at)
    SELECT ${row.tenantId}::uuid, ${row.id}::uuid, 'magic_link', ${row.purpose}, 'email', ${row.identityKey},
      ${row.address}, ${row.digest}::bytea, ${row.keyVersion}::smallint, ${row.codeChallenge}, ${row.redirectUrl},
      ${row.delivery.id}::uuid, ${row.limitKey}, ${row.identifierDigest}, ${JSON.stringify(row.metadata)}::jsonb,
      NOT ${row.createUser}::boolean AND NOT EXISTS (
        SELECT FROM identifiers WHERE tenant_id = ${row.tenantId}::uuid AND kind = 'email'
          AND identity_key = ${row.identityKey}),
      due.at, due.at + make_interval(secs => ${row.ttlSeconds}::integer)
    FROM allowed, (SELECT coalesce(${row.sendAt}::timestamptz, now()) AS at) due
    RETURNING id, decoy, due_at, expires_at
  ), sending AS (
    INSERT INTO deliveries (tenant_id, id, challenge_id, channel, template, locale, status, decoy, payload,
      payload_version, send_at, expires_at, due_at)
    SELECT ${row.tenantId}::uuid, ${row.delivery.id}::uuid, id, 'email', ${row.delivery.template},
      ${row.delivery.locale}, CASE WHEN due_at > now() THEN 'scheduled' ELSE 'pending' END, decoy,
      ${row.delivery.payload}::bytea, ${row.delivery.payloadVersion}::smallint, due_at, expires_at, due_at
    FROM issued
  ), told AS (
    INSERT INTO outbox (tenant_id, kind, subject, outcome, reason, data)
    SELECT ${row.tenantId}::uuid, 'challenge.issued', 'challenge:' || id, 'success', NULL, ${issuedData(row)}::jsonb FROM issued
    UNION ALL
    SELECT ${row.tenantId}::uuid, 'challenge.superseded', 'challenge:' || id, 'success', NULL,
      jsonb_build_object('by', ${row.id}::text) FROM superseded
    UNION ALL
    SELECT ${row.tenantId}::uuid, 'limit.hit', 'identifier:' || ${row.identifierDigest}, 'refused', 'identifier_sends',
      jsonb_build_object('limit', ${SENDS_PER_WINDOW}::integer) FROM counted WHERE sends > ${SENDS_PER_WINDOW}
  )
  SELECT (SELECT expires_at FROM issued),
    ceil(extract(epoch FROM coalesce((SELECT window_started_at FROM counted), (SELECT window_started_at FROM before))
      + interval ${WINDOW} - now()))::integer AS retry_after`

// The count stops one above the limit: the first refusal of a window is told to the trail, a flood of them is not.
const countedSend = (row: NewChallenge) => sql`
  before AS (
    SELECT window_started_at FROM identifier_guards
     WHERE tenant_id = ${row.tenantId}::uuid AND limit_key = ${row.limitKey}
  ), counted AS (
    INSERT INTO identifier_guards AS g (tenant_id, limit_key, window_started_at, sends)
    VALUES (${row.tenantId}::uuid, ${row.limitKey}, now(), 1)
    ON CONFLICT (tenant_id, limit_key) DO UPDATE SET
      sends = CASE WHEN g.window_started_at <= now() - interval ${WINDOW} THEN 1 ELSE g.sends + 1 END,
      window_started_at =
        CASE WHEN g.window_started_at <= now() - interval ${WINDOW} THEN now() ELSE g.window_started_at END
    WHERE g.sends <= ${SENDS_PER_WINDOW} OR g.window_started_at <= now() - interval ${WINDOW}
    RETURNING sends, window_started_at
  ), allowed AS (SELECT FROM counted WHERE sends <= ${SENDS_PER_WINDOW})`

// A scheduled link replaces nothing before it is due.
const superseding = (row: NewChallenge) => sql`
  superseded AS (
    UPDATE challenges SET superseded_at = now()
     WHERE tenant_id = ${row.tenantId}::uuid AND identity_key = ${row.identityKey} AND purpose = ${row.purpose}
       AND kind = 'magic_link' AND consumed_at IS NULL AND superseded_at IS NULL AND revoked_at IS NULL
       -- The clock, not the transaction: who waited for the lock began before the one to be superseded.
       AND due_at <= clock_timestamp() AND expires_at > now() AND ${row.sendAt}::timestamptz IS NULL
       AND EXISTS (SELECT FROM allowed)
    RETURNING id
  )`

const issuedData = (row: NewChallenge) =>
  JSON.stringify({
    kind: 'magic_link',
    purpose: row.purpose,
    channel: 'email',
    delivery_id: row.delivery.id,
    identifier: row.identifierDigest,
  })
