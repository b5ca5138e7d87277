// Spending challenges: parts of a statement. The identifier's guard is locked first, then the challenge, so each proof is
// judged by what the one before it left behind. A code's try is counted in the very update that spends the code.

import { type InputColumns, ofRiders, type Rider } from '@postern/db/set-statement'
import type { VersionedDigest } from '@postern/token/digest'
import { type RawBuilder, sql } from 'kysely'
import { TRIES_PER_CODE } from './code-limits.ts'
import { countedGuards, lockedGuards } from './identifier-guard.store.ts'

const TRIES = sql.lit(TRIES_PER_CODE)

/** What is brought to spend a challenge. */
export interface Presented {
  challengeId: string
  kind: 'magic_link' | 'otp'
  /** what the secret is stored as, under each key that may have been current; the row says which of them counts */
  digests: readonly VersionedDigest[]
  /** S256 of the verifier that came with a link's token; null: none came */
  codeChallenge: string | null
  /** the pending sign-in that the challenge must be a factor of; null: of none */
  mfaId: string | null
  /** the session that a step-up raises, once it is known; until then such a challenge is not touched */
  raise: { sessionId: string; refreshDigest: Buffer } | null
}

/** Columns that the statement's inputs, the CTE `ask`, need for these parts. */
export const PRESENTED_INPUT: InputColumns<Presented> = {
  challenge_id: ['uuid', ({ challengeId }) => challengeId],
  challenge_kind: ['text', ({ kind }) => kind],
  code_challenge: ['text', ({ codeChallenge }) => codeChallenge],
  mfa_id: ['uuid', ({ mfaId }) => mfaId],
  raise_session_id: ['uuid', ({ raise }) => raise?.sessionId ?? null],
  raise_digest: ['bytea', ({ raise }) => raise?.refreshDigest ?? null],
}

/** The CTE `offered`: the digests of all inputs, each with its input's place. */
export function offeredDigests(riders?: readonly Rider<Presented>[]): RawBuilder<unknown> {
  const each = (of: (offered: VersionedDigest & { n: number }) => unknown) =>
    ofRiders<Presented>(
      (all) => all.flatMap(({ input }, at) => input.digests.map((digest) => of({ n: at + 1, ...digest }))),
      riders,
    )
  return sql`
    offered AS (
      SELECT n, key_version, digest
        FROM unnest(${each(({ n }) => n)}::integer[], ${each(({ version }) => version)}::smallint[],
                    ${each(({ digest }) => digest)}::bytea[]) AS offered (n, key_version, digest)
    )`
}

/**
 * The CTEs that judge and spend. Before them the statement has `ask` (see PRESENTED_INPUT) and `offered`. Where it does not
 * go on to clear an account (`mayClaim`), a right proof of an identifier that nobody has proven is `asks_claim`, unspent.
 * `judged` tells the verdict on each input whose challenge exists; `spent` is a row for each input that counted: `n, id,
 * verdict, method, purpose, tries …`, with the `delivery_id` of what was proven; `proven` is those of them that were right.
 */
export function spendParts(tenantId: string, { mayClaim }: { mayClaim: boolean }) {
  return sql`
  ${found(tenantId)}, ${lockedGuards(tenantId)}, ${judged(tenantId, mayClaim)}, ${spent(tenantId)}, ${countedGuards(tenantId)}`
}

// Two that change the same guard or user never go together: a statement does not see what itself changed. The later one
// is told to come again. Rows are looked up one by one here and below, by their whole key, so that no plan, made while the
// tables were small, ever reads all that a tenant has.
const found = (tenantId: string) => sql`
  found AS MATERIALIZED (
    SELECT a.n, c.id, c.limit_key,
           row_number() OVER (PARTITION BY c.limit_key ORDER BY a.n) = 1
             AND row_number() OVER (PARTITION BY coalesce(i.user_id, c.id) ORDER BY a.n) = 1 AS may_go,
           i.user_id IS NOT NULL AND i.verified_at IS NULL AS claims
      FROM ask a
     CROSS JOIN LATERAL (SELECT id, kind, mfa_id, limit_key, identifier_kind, identity_key FROM challenges
                          WHERE tenant_id = ${tenantId}::uuid AND id = a.challenge_id LIMIT 1) c
      LEFT JOIN LATERAL (SELECT user_id, verified_at FROM identifiers
                          WHERE tenant_id = ${tenantId}::uuid AND kind = c.identifier_kind
                            AND identity_key = c.identity_key LIMIT 1) i ON true
     WHERE c.kind = a.challenge_kind AND c.mfa_id IS NOT DISTINCT FROM a.mfa_id
  )`

// Of a code that is over, or whose identifier waits, nobody learns whether it was right: nothing is compared.
// Of a link only the holder of the genuine token learns more than that it is not valid.
const judged = (tenantId: string, mayClaim: boolean) => sql`
  standing AS (
    SELECT g.n, g.is_locked, g.remembers, c.*
      FROM (SELECT n, challenge_id, is_locked, remembers FROM guard ORDER BY challenge_id) g
     CROSS JOIN LATERAL (
       SELECT id, kind, purpose, identifier_kind, identity_key, address, limit_key, identifier_digest, session_id,
              key_version, digest, code_challenge, decoy, tries, due_at, expires_at, consumed_at, superseded_at, revoked_at
         FROM challenges WHERE tenant_id = ${tenantId}::uuid AND id = g.challenge_id LIMIT 1 FOR UPDATE) c
  ), compared AS (
    SELECT c.*, EXISTS (SELECT FROM offered o WHERE o.n = c.n AND o.key_version = c.key_version AND o.digest = c.digest)
             AS is_right
      FROM standing c
  ), judged AS MATERIALIZED (
    SELECT c.n, c.id, c.kind, c.purpose, c.identifier_kind, c.identity_key, c.address, c.limit_key, c.identifier_digest,
           c.session_id, c.is_locked, c.remembers,
           CASE WHEN c.kind = 'magic_link' AND NOT c.is_right THEN 'unknown'
                WHEN c.purpose = 'step_up' AND a.raise_session_id IS DISTINCT FROM c.session_id THEN 'asks_session'
                WHEN c.kind = 'otp' AND c.is_locked THEN 'locked'
                WHEN c.consumed_at IS NOT NULL THEN 'used'
                WHEN c.revoked_at IS NOT NULL THEN 'revoked'
                WHEN c.superseded_at IS NOT NULL THEN 'superseded'
                WHEN c.expires_at <= now() THEN 'expired'
                WHEN c.due_at > now() OR c.decoy AND c.kind = 'magic_link' THEN 'not_due'
                WHEN c.code_challenge IS DISTINCT FROM a.code_challenge THEN 'pkce_mismatch'
                WHEN c.kind = 'otp' AND c.tries >= ${TRIES} THEN 'attempts_exhausted'
                ${mayClaim ? sql`` : sql`WHEN c.is_right AND NOT c.decoy AND f.claims THEN 'asks_claim'`}
                WHEN c.is_right AND NOT c.decoy THEN 'proven'
                ELSE 'wrong_code' END AS verdict
      FROM compared c JOIN ask a USING (n) ${mayClaim ? sql`` : sql`JOIN found f USING (n)`}
    UNION ALL
    SELECT n, id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'again' FROM found WHERE NOT may_go
  )`

// The first refusal of an exhausted code is counted too, and told to the trail; a flood of them is not.
const spent = (tenantId: string) => sql`
  spent AS (
    UPDATE challenges c SET tries = c.tries + CASE c.kind WHEN 'otp' THEN 1 ELSE 0 END,
           consumed_at = CASE j.verdict WHEN 'proven' THEN now() END
      FROM judged j
     WHERE c.tenant_id = ${tenantId}::uuid AND c.id = ANY (ARRAY(SELECT id FROM judged)) AND c.id = j.id
       AND c.consumed_at IS NULL
       AND (j.verdict IN ('proven', 'wrong_code') OR j.verdict = 'attempts_exhausted' AND c.tries = ${TRIES})
    RETURNING j.n, c.id, j.verdict, c.tries, c.purpose, c.identifier_kind, c.identity_key, c.address, c.session_id,
              CASE j.verdict WHEN 'proven' THEN c.delivery_id END AS delivery_id,
              CASE WHEN c.kind = 'magic_link' THEN 'magic_link' WHEN c.identifier_kind = 'phone' THEN 'otp_sms'
                   ELSE 'otp_email' END AS method
  ), proven AS (
    SELECT n, id, method, purpose, identifier_kind, identity_key, address, session_id FROM spent WHERE verdict = 'proven'
  )`

/** Rows for the outbox: `n, kind, subject, outcome, reason, data`. The proof itself is told with what it opened. */
export const spendEvents = sql`
  SELECT j.n, 'challenge.refused' AS kind, 'challenge:' || j.id AS subject, 'refused' AS outcome, j.verdict AS reason,
         '{}'::jsonb AS data
    FROM judged j
   WHERE j.verdict IN ('used', 'revoked', 'superseded', 'expired', 'not_due', 'pkce_mismatch', 'wrong_code')
      OR j.verdict = 'attempts_exhausted' AND EXISTS (SELECT FROM spent s WHERE s.n = j.n)
  UNION ALL
  SELECT g.n, CASE WHEN g.is_locked THEN 'identifier.locked' ELSE 'identifier.unlocked' END,
         'identifier:' || g.identifier_digest, 'success',
         CASE WHEN g.is_disabled THEN 'disabled' WHEN g.is_locked THEN 'waiting' ELSE 'link_proven' END,
         CASE WHEN g.is_locked THEN jsonb_build_object('failures', g.failures) ELSE '{}' END
    FROM guarded g WHERE g.is_locked OR g.was_locked`
