// Whose identifier was proven: parts of a statement that spends challenges. One identifier has one user; who is new is
// made, and whoever owns the identifier learns that it is proven.

import { sql } from 'kysely'

/**
 * The CTEs that find or make the users. Before them the statement has `ask` (its inputs, with `new_user_id`: the id of
 * a user who is new) and `proven`, a row for each spent challenge: `n, identifier_kind, identity_key, address`.
 * `account` tells them: `n, id, email … created_at, created`, and `factors_of`, whose second factors count.
 */
export const accountParts = (tenantId: string) => sql`
  owner AS (
    INSERT INTO identifiers AS i (tenant_id, kind, identity_key, user_id, verified_at)
    SELECT ${tenantId}::uuid, p.identifier_kind, p.identity_key, a.new_user_id, now() FROM proven p JOIN ask a USING (n)
    ON CONFLICT (tenant_id, kind, identity_key) DO UPDATE SET verified_at = coalesce(i.verified_at, now())
    RETURNING kind, identity_key, user_id, old.user_id IS NULL AS created
  ), owned AS (
    SELECT p.n, p.identifier_kind AS kind, p.address, o.user_id, o.created
      FROM proven p JOIN owner o ON o.kind = p.identifier_kind AND o.identity_key = p.identity_key
  ), fresh AS (
    INSERT INTO users (tenant_id, id, email, email_verified_at, phone, phone_verified_at)
    SELECT ${tenantId}::uuid, user_id, CASE kind WHEN 'email' THEN address END, CASE kind WHEN 'email' THEN now() END,
           CASE kind WHEN 'phone' THEN address END, CASE kind WHEN 'phone' THEN now() END
      FROM owned WHERE created
    RETURNING id, email, email_verified_at, phone, phone_verified_at, is_active, created_at
  ), learned AS (
    UPDATE users u SET updated_at = now(),
           email = CASE WHEN o.has_email THEN coalesce(u.email, o.email) ELSE u.email END,
           email_verified_at = CASE WHEN o.has_email THEN coalesce(u.email_verified_at, now()) ELSE u.email_verified_at END,
           phone = CASE WHEN o.has_phone THEN coalesce(u.phone, o.phone) ELSE u.phone END,
           phone_verified_at = CASE WHEN o.has_phone THEN coalesce(u.phone_verified_at, now()) ELSE u.phone_verified_at END
      FROM (SELECT user_id, bool_or(kind = 'email') AS has_email, bool_or(kind = 'phone') AS has_phone,
                   max(address) FILTER (WHERE kind = 'email') AS email,
                   max(address) FILTER (WHERE kind = 'phone') AS phone
              FROM owned WHERE NOT created GROUP BY user_id) o
     WHERE u.tenant_id = ${tenantId}::uuid AND u.id = o.user_id
       AND (o.has_email AND u.email_verified_at IS NULL OR o.has_phone AND u.phone_verified_at IS NULL)
    RETURNING u.id, u.email, u.email_verified_at, u.phone, u.phone_verified_at, u.is_active, u.created_at
  ), known AS (
    SELECT id, email, email_verified_at, phone, phone_verified_at, is_active, created_at FROM fresh
    UNION ALL
    SELECT id, email, email_verified_at, phone, phone_verified_at, is_active, created_at FROM learned
    UNION ALL
    SELECT u.id, u.email, u.email_verified_at, u.phone, u.phone_verified_at, u.is_active, u.created_at
      FROM users u JOIN (SELECT DISTINCT user_id FROM owned WHERE NOT created) o ON o.user_id = u.id
     WHERE u.tenant_id = ${tenantId}::uuid AND NOT EXISTS (SELECT FROM learned l WHERE l.id = u.id)
  ), account AS (
    -- The owner's row can be younger than this statement's snapshot (two first proofs at once): then try again.
    SELECT o.n, coalesce(k.id, stale_snapshot()) AS id, o.created, o.user_id AS factors_of, k.email, k.phone,
           coalesce(k.email_verified_at, CASE o.kind WHEN 'email' THEN now() END) AS email_verified_at,
           coalesce(k.phone_verified_at, CASE o.kind WHEN 'phone' THEN now() END) AS phone_verified_at,
           k.is_active, k.created_at
      FROM owned o LEFT JOIN known k ON k.id = o.user_id
  )`

/** Rows for the outbox: `n, kind, subject, outcome, reason, data`. */
export const accountEvents = sql`
  SELECT o.n, 'user.created' AS kind, 'user:' || o.user_id AS subject, 'success' AS outcome, NULL::text AS reason,
         jsonb_build_object('challenge_id', p.id) AS data
    FROM owned o JOIN proven p USING (n) WHERE o.created`

/** What the statement's last SELECT takes of `account`. */
export const accountColumns = sql`
  account.id, account.email, account.email_verified_at, account.phone, account.phone_verified_at, account.is_active,
  account.created_at, coalesce(account.created, false) AS created`
