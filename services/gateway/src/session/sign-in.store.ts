// The one way to a session: parts of a statement in which a factor was proven. What is still needed is asked in the same
// statement, so no path opens a session that the tenant's policy or the user's own second factor forbids.

import type { FactorMethod } from '@postern/contracts/challenge'
import type { InputColumns } from '@postern/db/set-statement'
import { sql } from 'kysely'
import { type NewSignIn, PENDING_SECONDS, type SignedIn } from './sign-in.ts'

/** Columns that the statement's inputs, the CTE `ask`, need for these parts. */
export const SIGN_IN_INPUT: InputColumns<{ signIn: NewSignIn }> = {
  session_id: ['uuid', ({ signIn }) => signIn.session.id],
  refresh_digest: ['bytea', ({ signIn }) => signIn.session.refreshDigest],
  session_kind: ['text', ({ signIn }) => signIn.session.kind],
  user_agent: ['text', ({ signIn }) => signIn.session.userAgent],
  client_address: ['text', ({ signIn }) => signIn.session.address],
  idle_seconds: ['integer', ({ signIn }) => signIn.session.idleSeconds],
  absolute_seconds: ['integer', ({ signIn }) => signIn.session.absoluteSeconds],
  pending_id: ['uuid', ({ signIn }) => signIn.pending.id],
  pending_digest: ['bytea', ({ signIn }) => signIn.pending.digest],
  pending_key_version: ['smallint', ({ signIn }) => signIn.pending.keyVersion],
}

/**
 * The CTEs that open sessions or make sign-ins wait. Before them the statement has `ask` (see SIGN_IN_INPUT) and
 * `entering`, a row for each input whose user may enter: `n, user_id, purpose, challenge_id, user_created, amr` (the
 * methods proven so far, in order), `has_email, has_phone` (proven ones), and `factors_of`, whose TOTP is demanded.
 */
export const signInParts = (tenantId: string) => sql`
  wanting AS MATERIALIZED (
    SELECT n, user_id, purpose, challenge_id, user_created, amr, has_email, has_phone, factors_of,
           -- Nearly always nothing is: then the whole question is not worth its price.
           CASE WHEN (SELECT factor_chain = '{}' FROM tenants WHERE id = ${tenantId}::uuid) AND NOT EXISTS (
                       SELECT FROM totp_factors f WHERE f.tenant_id = ${tenantId}::uuid AND f.user_id = factors_of
                          AND f.enabled_at IS NOT NULL)
                THEN '{}' ELSE remaining_factors(${tenantId}::uuid, factors_of, amr) END AS remaining
      FROM entering
  ), opened AS (
    INSERT INTO sessions (tenant_id, id, user_id, challenge_id, amr, acr, kind, user_agent, address,
      idle_expires_at, expires_at)
    SELECT ${tenantId}::uuid, a.session_id, w.user_id, w.challenge_id, w.amr, acr_of(w.amr), a.session_kind,
           a.user_agent, a.client_address, now() + make_interval(secs => a.idle_seconds),
           now() + make_interval(secs => a.absolute_seconds)
      FROM wanting w JOIN ask a USING (n) WHERE cardinality(w.remaining) = 0
    RETURNING id, user_id, challenge_id, amr, acr, least(idle_expires_at, expires_at) AS refresh_expires_at
  ), refreshing AS (
    INSERT INTO refresh_tokens (tenant_id, session_id, generation, digest)
    SELECT ${tenantId}::uuid, o.id, 0, a.refresh_digest FROM opened o JOIN ask a ON a.session_id = o.id
  ), waiting AS (
    INSERT INTO pending_sign_ins (tenant_id, id, user_id, purpose, digest, key_version, amr, challenge_id,
      user_created, expires_at)
    SELECT ${tenantId}::uuid, a.pending_id, w.user_id, w.purpose, a.pending_digest, a.pending_key_version, w.amr,
           w.challenge_id, w.user_created, now() + make_interval(secs => ${PENDING_SECONDS}::integer)
      FROM wanting w JOIN ask a USING (n) WHERE cardinality(w.remaining) > 0
    RETURNING id, expires_at
  ), ${nextFactor(tenantId)}`

const nextFactor = (tenantId: string) => sql`
  held AS (
    SELECT w.n, w.user_id, w.remaining[1] AS method,
           CASE w.remaining[1] WHEN 'totp' THEN EXISTS (
                  SELECT FROM totp_factors f WHERE f.tenant_id = ${tenantId}::uuid AND f.user_id = w.factors_of
                     AND f.enabled_at IS NOT NULL)
                WHEN 'otp_sms' THEN w.has_phone ELSE w.has_email END AS is_held,
           EXISTS (SELECT FROM recovery_codes r WHERE r.tenant_id = ${tenantId}::uuid AND r.user_id = w.factors_of
                      AND r.used_at IS NULL) AS has_recovery
      FROM wanting w WHERE cardinality(w.remaining) > 0
  ), next_factor AS (
    SELECT n, user_id, NOT is_held AS enrollment_required,
           CASE WHEN method = 'totp' AND is_held AND has_recovery THEN ARRAY['totp', 'recovery_code']
                ELSE ARRAY[method] END AS methods
      FROM held
  )`

/** Rows for the outbox: `n, kind, subject, outcome, reason, data`. */
export const signInEvents = sql`
  SELECT a.n, 'session.opened' AS kind, 'session:' || o.id AS subject, 'success' AS outcome, NULL::text AS reason,
         jsonb_build_object('challenge_id', o.challenge_id, 'user_id', o.user_id, 'amr', to_jsonb(o.amr)) AS data
    FROM opened o JOIN ask a ON a.session_id = o.id
  UNION ALL
  SELECT f.n, 'mfa.required', 'user:' || f.user_id, 'success', NULL,
         jsonb_build_object('pending_id', a.pending_id, 'methods', to_jsonb(f.methods))
    FROM next_factor f JOIN ask a USING (n)`

/** What the statement's last SELECT takes from `signInJoins`. */
export const signInColumns = sql`
  opened.id AS session_id, opened.amr AS session_amr, opened.acr AS session_acr, opened.refresh_expires_at,
  waiting.expires_at AS pending_expires_at, next_factor.methods, next_factor.enrollment_required`

export const signInJoins = sql`
  LEFT JOIN opened ON opened.id = ask.session_id LEFT JOIN waiting ON waiting.id = ask.pending_id
  LEFT JOIN next_factor ON next_factor.n = ask.n`

export interface SignInRow {
  session_id: string | null
  session_amr: FactorMethod[] | null
  session_acr: string | null
  refresh_expires_at: Date | null
  pending_expires_at: Date | null
  methods: FactorMethod[] | null
  enrollment_required: boolean | null
}

/** What `signInColumns` told. */
export function signedIn(row: SignInRow): SignedIn {
  const { session_id: id, session_amr: amr, session_acr: acr, refresh_expires_at: refreshExpiresAt } = row
  if (id && amr && acr && refreshExpiresAt) return { kind: 'session', id, amr, acr, refreshExpiresAt }
  const { methods, pending_expires_at: expiresAt, enrollment_required } = row
  if (methods && expiresAt) {
    return { kind: 'pending', methods, enrollmentRequired: enrollment_required === true, expiresAt }
  }
  return { kind: 'none' }
}
