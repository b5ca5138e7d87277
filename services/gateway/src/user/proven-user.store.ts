// Whose identifier was proven: parts of a statement that spends challenges. One identifier has one user; who is new is
// made, and whoever owns the identifier learns that it is proven. See docs/decisions/0013-first-proof.md.

import { sql } from 'kysely'
import { claimParts, lockedClaims } from './claim-user.store.ts'

/**
 * The CTEs that find or make the users. Before them the statement has `ask` (its inputs, with `new_user_id`: the id of
 * a user who is new) and `proven`, a row for each spent challenge; a step-up proves nothing about whose identifier it is.
 * `account` tells them: `n, id, email … created_at, created`, and `factors_of`, whose second factors count.
 * @param mayClaim whether `proven` may hold an identifier that was given to an account and never proved
 */
export const accountParts = (tenantId: string, mayClaim: boolean) => sql`
  ${owned(tenantId, mayClaim)},
  ${mayClaim ? sql`${claimParts(tenantId)},` : sql``} ${changed(tenantId)},
  known AS (
    SELECT id, email, email_verified_at, phone, phone_verified_at, is_active, created_at FROM fresh
    UNION ALL
    SELECT id, email, email_verified_at, phone, phone_verified_at, is_active, created_at FROM learned
    UNION ALL
    SELECT u.id, u.email, u.email_verified_at, u.phone, u.phone_verified_at, u.is_active, u.created_at
      FROM proofs p CROSS JOIN LATERAL (
        SELECT id, email, email_verified_at, phone, phone_verified_at, is_active, created_at FROM users
         WHERE tenant_id = ${tenantId}::uuid AND id = p.user_id LIMIT 1) u
     WHERE NOT EXISTS (SELECT FROM learned l WHERE l.id = u.id)
  ), account AS (
    -- The owner's row can be younger than this statement's snapshot (two first proofs at once), or has been given to an
    -- account since: then try again.
    SELECT o.n, CASE WHEN o.was_unproven AND NOT ${sql.lit(mayClaim)} THEN stale_snapshot()
                     ELSE coalesce(k.id, stale_snapshot()) END AS id, o.created, k.email, k.phone,
           coalesce(k.email_verified_at, CASE o.kind WHEN 'email' THEN now() END) AS email_verified_at,
           coalesce(k.phone_verified_at, CASE o.kind WHEN 'phone' THEN now() END) AS phone_verified_at,
           k.is_active, k.created_at,
           -- What a claim takes away is still there in this statement's snapshot: nobody's is asked for instead.
           CASE WHEN o.claimed THEN a.new_user_id ELSE o.user_id END AS factors_of
      FROM owned o JOIN ask a USING (n) LEFT JOIN known k ON k.id = o.user_id
  )`

// An identifier that nobody proved gives no way into an account that somebody else did prove: whoever proves it gets a user
// of their own.
const owned = (tenantId: string, mayClaim: boolean) => sql`
  identified AS (
    SELECT n, id AS challenge_id, identifier_kind, identity_key, address FROM proven WHERE purpose <> 'step_up'
  ), ${mayClaim ? sql`${lockedClaims(tenantId)},` : sql``} owner AS (
    INSERT INTO identifiers AS i (tenant_id, kind, identity_key, user_id, verified_at)
    SELECT ${tenantId}::uuid, p.identifier_kind, p.identity_key, a.new_user_id, now()
      FROM identified p JOIN ask a USING (n) ${mayClaim ? sql`WHERE (SELECT count(*) FROM claimable) >= 0` : sql``}
    ON CONFLICT (tenant_id, kind, identity_key) DO UPDATE SET verified_at = coalesce(i.verified_at, now()),
       user_id = CASE WHEN i.verified_at IS NULL AND EXISTS (
                        SELECT FROM identifiers o WHERE o.tenant_id = i.tenant_id AND o.user_id = i.user_id
                           AND o.verified_at IS NOT NULL) THEN excluded.user_id ELSE i.user_id END
    RETURNING kind, identity_key, user_id, old.user_id AS former_user_id, old.verified_at AS known_since
  ), owned AS (
    SELECT p.n, p.challenge_id, p.identifier_kind AS kind, p.identity_key, p.address, o.user_id, o.former_user_id,
           o.former_user_id IS DISTINCT FROM o.user_id AS created,
           o.former_user_id = o.user_id AND o.known_since IS NULL AS claimed,
           o.former_user_id IS NOT NULL AND o.known_since IS NULL AS was_unproven
      FROM identified p JOIN owner o ON o.kind = p.identifier_kind AND o.identity_key = p.identity_key
  )`

const changed = (tenantId: string) => sql`
  fresh AS (
    INSERT INTO users (tenant_id, id, email, email_verified_at, phone, phone_verified_at)
    SELECT ${tenantId}::uuid, user_id, CASE kind WHEN 'email' THEN address END, CASE kind WHEN 'email' THEN now() END,
           CASE kind WHEN 'phone' THEN address END, CASE kind WHEN 'phone' THEN now() END
      FROM owned WHERE created
    RETURNING id, email, email_verified_at, phone, phone_verified_at, is_active, created_at
  ), proofs AS (
    SELECT user_id, bool_or(claimed) AS claimed, max(address) FILTER (WHERE kind = 'email') AS email,
           max(address) FILTER (WHERE kind = 'phone') AS phone
      FROM owned WHERE NOT created GROUP BY user_id
  ), lacking AS (
    -- Whoever has proven it before has nothing to learn: then no row is touched.
    SELECT p.user_id, p.claimed, p.email, p.phone
      FROM proofs p CROSS JOIN LATERAL (SELECT email_verified_at, phone_verified_at FROM users
                                         WHERE tenant_id = ${tenantId}::uuid AND id = p.user_id LIMIT 1) u
     WHERE p.claimed OR p.email IS NOT NULL AND u.email_verified_at IS NULL
                     OR p.phone IS NOT NULL AND u.phone_verified_at IS NULL
  ), learned AS (
    UPDATE users u SET updated_at = now(),
           email = CASE WHEN p.claimed THEN p.email ELSE coalesce(u.email, p.email) END,
           email_verified_at = CASE WHEN p.email IS NOT NULL THEN coalesce(u.email_verified_at, now())
                                    WHEN NOT p.claimed THEN u.email_verified_at END,
           phone = CASE WHEN p.claimed THEN p.phone ELSE coalesce(u.phone, p.phone) END,
           phone_verified_at = CASE WHEN p.phone IS NOT NULL THEN coalesce(u.phone_verified_at, now())
                                    WHEN NOT p.claimed THEN u.phone_verified_at END
      FROM lacking p
     WHERE u.tenant_id = ${tenantId}::uuid AND u.id = p.user_id AND (SELECT count(*) FROM lacking) > 0
    RETURNING u.id, u.email, u.email_verified_at, u.phone, u.phone_verified_at, u.is_active, u.created_at
  )`

/** Rows for the outbox: `n, kind, subject, outcome, reason, data`. */
export const accountEvents = sql`
  SELECT n, 'user.created' AS kind, 'user:' || user_id AS subject, 'success' AS outcome, NULL::text AS reason,
         jsonb_build_object('challenge_id', challenge_id) AS data
    FROM owned WHERE created`

/** The same of the identifiers that were claimed. */
export const claimEvents = sql`
  SELECT n, 'identifier.claimed' AS kind, 'user:' || user_id AS subject, 'success' AS outcome, NULL::text AS reason,
         jsonb_build_object('challenge_id', challenge_id,
           'sessions', (SELECT count(*) FROM ended e WHERE e.user_id = o.user_id),
           'factors', (SELECT count(*) FROM unfactored f WHERE f.user_id = o.user_id),
           'identifiers', (SELECT count(*) FROM detached d WHERE d.user_id = o.user_id)) AS data
    FROM owned o WHERE claimed`
