// Raising a session by a further factor: parts of a statement that spends challenges. The session keeps its id; its methods
// grow, and its refresh token is replaced by one that was drawn, so a token from before the step-up is worth no more.

import { type RawBuilder, sql } from 'kysely'

/**
 * The CTEs that raise sessions. Before them the statement has `ask` (with `raise_digest`, `session_kind`, `idle_seconds`)
 * and `proven`. `raising`: the session of each step-up that was proven, with its user; a session that ended meanwhile, is
 * of another kind, or is not of whoever has proven the identifier is not there. `raised`: those that live and were raised.
 */
export function raiseParts(tenantId: string) {
  return sql`
  raising AS (
    SELECT p.n, p.method, s.id AS session_id, s.amr, s.revoked_at, least(s.idle_expires_at, s.expires_at) AS ends_at,
           a.idle_seconds, a.raise_digest, u.id, u.email, u.email_verified_at, u.phone, u.phone_verified_at, u.is_active,
           u.created_at
      FROM (SELECT n, session_id, identifier_kind, identity_key, method FROM proven
             WHERE purpose = 'step_up' ORDER BY session_id) p
      JOIN ask a USING (n)
     CROSS JOIN LATERAL (SELECT id, kind, user_id, amr, revoked_at, idle_expires_at, expires_at FROM sessions
                          WHERE tenant_id = ${tenantId}::uuid AND id = p.session_id LIMIT 1 FOR UPDATE) s
     CROSS JOIN LATERAL (SELECT user_id, verified_at FROM identifiers
                          WHERE tenant_id = ${tenantId}::uuid AND kind = p.identifier_kind
                            AND identity_key = p.identity_key LIMIT 1) i
     CROSS JOIN LATERAL (SELECT id, email, email_verified_at, phone, phone_verified_at, is_active, created_at FROM users
                          WHERE tenant_id = ${tenantId}::uuid AND id = s.user_id LIMIT 1) u
     WHERE s.kind = a.session_kind AND i.user_id = s.user_id AND i.verified_at IS NOT NULL
  ), grown AS (
    SELECT n, session_id, idle_seconds, raise_digest,
           CASE WHEN method = ANY (amr) THEN amr ELSE amr || method END AS amr
      FROM raising WHERE revoked_at IS NULL AND ends_at > now() AND is_active
  ), raised AS (
    UPDATE sessions s SET amr = g.amr, acr = acr_of(g.amr), last_used_at = now(),
           idle_expires_at = now() + make_interval(secs => g.idle_seconds)
      FROM grown g
     WHERE s.tenant_id = ${tenantId}::uuid AND s.id = g.session_id AND (SELECT count(*) FROM grown) > 0
       AND s.revoked_at IS NULL
    RETURNING g.n, s.id, s.amr, s.acr, least(s.idle_expires_at, s.expires_at) AS refresh_expires_at
  ), outdated AS (
    UPDATE refresh_tokens t SET used_at = now() FROM raised r
     WHERE t.tenant_id = ${tenantId}::uuid AND t.session_id = r.id AND (SELECT count(*) FROM raised) > 0
       AND t.used_at IS NULL
    RETURNING t.session_id, t.generation
  ), redrawn AS (
    -- A token that was refreshed while this statement waited for the session is not in its snapshot: then try again.
    INSERT INTO refresh_tokens (tenant_id, session_id, generation, digest)
    SELECT ${tenantId}::uuid, coalesce(o.session_id, stale_snapshot()), o.generation + 1, g.raise_digest
      FROM raised r JOIN grown g USING (n) LEFT JOIN outdated o ON o.session_id = r.id
  )`
}

/**
 * Whether a step-up replaced the token of this generation or a later one. Such a token has no grace: what was proven since
 * is not for whoever holds what came before. Only the tokens that a step-up replaces have no key of their successor.
 */
export const raisedSince = (token: {
  tenantId: string
  sessionId: string
  generation: RawBuilder<unknown>
}): RawBuilder<unknown> => sql`
  EXISTS (SELECT FROM refresh_tokens o WHERE o.tenant_id = ${token.tenantId}::uuid AND o.session_id = ${token.sessionId}::uuid
             AND o.generation >= ${token.generation} AND o.used_at IS NOT NULL AND o.key_version IS NULL)`

/** Rows for the outbox: `n, kind, subject, outcome, reason, data`. */
export const raiseEvents = sql`
  SELECT r.n, 'session.raised' AS kind, 'session:' || r.id AS subject, 'success' AS outcome, NULL::text AS reason,
         jsonb_build_object('challenge_id', a.challenge_id, 'amr', to_jsonb(r.amr)) AS data
    FROM raised r JOIN ask a USING (n)`

/** What the statement's last SELECT takes of `raised`: a sign-in's columns, of which nothing waits. */
export const raiseColumns = sql`
  raised.id AS session_id, raised.amr AS session_amr, raised.acr AS session_acr, raised.refresh_expires_at,
  NULL::timestamptz AS pending_expires_at, NULL::text[] AS methods, NULL::boolean AS enrollment_required`
