// What others set up on an account before the owner of its identifier proved it goes away with that first proof: parts of
// the statement of the proof. See docs/decisions/0013-first-proof.md.

import { sql } from 'kysely'

// Nearly always false, and asked once: then nothing below looks at a single row.
const ANY_CLAIMED = sql`(SELECT bool_or(claimed) FROM owned)`

/** `claimable`: claims of one user wait for each other at the user's row, before any of them takes the identifier. */
export const lockedClaims = (tenantId: string) => sql`
  claimable AS (
    SELECT u.id
      FROM (SELECT i.user_id FROM identified p
             CROSS JOIN LATERAL (SELECT user_id, verified_at FROM identifiers
                                  WHERE tenant_id = ${tenantId}::uuid AND kind = p.identifier_kind
                                    AND identity_key = p.identity_key LIMIT 1) i
             WHERE i.verified_at IS NULL ORDER BY i.user_id) i
     CROSS JOIN LATERAL (SELECT id FROM users WHERE tenant_id = ${tenantId}::uuid AND id = i.user_id LIMIT 1 FOR UPDATE) u
  )`

/**
 * The CTEs that clear an account whose identifier was proven for the first time (`owned` rows that are `claimed`), and take
 * the address off the account that loses it to whoever did prove it.
 */
export function claimParts(tenantId: string) {
  return sql`
  ended AS (
    UPDATE sessions s SET revoked_at = now() FROM owned o
     WHERE s.tenant_id = ${tenantId}::uuid AND s.user_id = o.user_id AND o.claimed AND ${ANY_CLAIMED}
       AND s.revoked_at IS NULL
    RETURNING s.id, s.user_id
  ), made_known AS (
    INSERT INTO revocations (tenant_id, kind, subject_id) SELECT ${tenantId}::uuid, 'session', id FROM ended
  ), given_up AS (
    UPDATE pending_sign_ins w SET consumed_at = now() FROM owned o
     WHERE w.tenant_id = ${tenantId}::uuid AND w.user_id = o.user_id AND o.claimed AND ${ANY_CLAIMED}
       AND w.consumed_at IS NULL
  ), unfactored AS (
    DELETE FROM totp_factors f USING owned o
     WHERE f.tenant_id = ${tenantId}::uuid AND f.user_id = o.user_id AND o.claimed AND ${ANY_CLAIMED}
    RETURNING f.user_id
  ), uncoded AS (
    DELETE FROM recovery_codes r USING owned o
     WHERE r.tenant_id = ${tenantId}::uuid AND r.user_id = o.user_id AND o.claimed AND ${ANY_CLAIMED}
  ), unguarded AS (
    DELETE FROM factor_guards g USING owned o
     WHERE g.tenant_id = ${tenantId}::uuid AND g.user_id = o.user_id AND o.claimed AND ${ANY_CLAIMED}
  ), detached AS (
    DELETE FROM identifiers i USING owned o
     WHERE i.tenant_id = ${tenantId}::uuid AND i.user_id = o.user_id AND o.claimed AND ${ANY_CLAIMED}
       AND i.verified_at IS NULL
       AND (i.kind, i.identity_key) <> (o.kind, o.identity_key)
    RETURNING i.user_id
  ), left_behind AS (
    UPDATE users u SET updated_at = now(),
           email = CASE WHEN o.kind = 'email' AND u.email_verified_at IS NULL THEN NULL ELSE u.email END,
           phone = CASE WHEN o.kind = 'phone' AND u.phone_verified_at IS NULL THEN NULL ELSE u.phone END
      FROM owned o
     WHERE u.tenant_id = ${tenantId}::uuid AND u.id = o.former_user_id AND o.created
       AND (SELECT bool_or(former_user_id IS NOT NULL AND created) FROM owned)
  )`
}
