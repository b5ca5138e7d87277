// Spending a challenge is one guarded statement: whoever changes the row wins, and what the proof opens (the user, the
// session, their events) is part of the same statement. A crash leaves all of it or nothing.

import type { Purpose } from '@postern/contracts/challenge'
import type { TenantRun } from '@postern/db/with-tenant'
import { type RawBuilder, sql } from 'kysely'
import type { NewSession } from '../session/session.ts'
import type { RefusalReason } from './challenge.ts'

export interface Proof {
  tenantId: string
  challengeId: string
  digest: Buffer
  /** S256 of the verifier that came with the token; null: none came */
  codeChallenge: string | null
  /** the id a user gets who is new */
  newUserId: string
  session: NewSession
}

export interface ProvenUser {
  id: string
  email: string | null
  email_verified_at: Date | null
  phone: string | null
  phone_verified_at: Date | null
  is_active: boolean
  created_at: Date
}

export interface Consumption {
  user: ProvenUser
  created: boolean
  purpose: Purpose
  /** null: the purpose opens none, or the account is disabled */
  sessionId: string | null
  refreshExpiresAt: Date | null
}

export type Consumed =
  | { kind: 'proven'; proof: Consumption }
  | { kind: 'refused'; reason: RefusalReason }
  | { kind: 'unknown' }

interface Row extends ProvenUser {
  purpose: Purpose | null
  created: boolean
  session_id: string | null
  refresh_expires_at: Date | null
  reason: RefusalReason | null
}

/** Spends the challenge and opens what its purpose opens; tells a refusal to the trail. */
export async function consumeChallenge(run: TenantRun, proof: Proof): Promise<Consumed> {
  const [row] = await run(statement(proof))
  if (row?.reason) return { kind: 'refused', reason: row.reason }
  if (!row?.purpose) return { kind: 'unknown' }
  const { purpose, created, session_id, refresh_expires_at, reason: _, ...user } = row
  return {
    kind: 'proven',
    proof: { user, created, purpose, sessionId: session_id, refreshExpiresAt: refresh_expires_at },
  }
}

const statement = (proof: Proof): RawBuilder<Row> => sql<Row>`
  WITH ${spent(proof)}, ${account(proof)}, ${opened(proof)}, ${refused(proof)}, ${told(proof)}
  SELECT consumed.purpose, coalesce(owner.created, false) AS created, account.*,
         (SELECT id FROM opened) AS session_id,
         (SELECT least(idle_expires_at, expires_at) FROM opened) AS refresh_expires_at,
         (SELECT reason FROM refused) AS reason
    FROM (SELECT) AS one LEFT JOIN consumed ON true LEFT JOIN owner ON true LEFT JOIN account ON true`

const spent = (proof: Proof) => sql`
  consumed AS (
    UPDATE challenges SET consumed_at = now()
     WHERE tenant_id = ${proof.tenantId}::uuid AND id = ${proof.challengeId}::uuid AND kind = 'magic_link'
       AND digest = ${proof.digest}::bytea AND code_challenge IS NOT DISTINCT FROM ${proof.codeChallenge}
       -- Said so that only the primary key fits: through the index of live challenges it would read all of a tenant's.
       AND consumed_at IS NULL AND coalesce(superseded_at, revoked_at) IS NULL AND NOT decoy
       AND due_at <= now() AND expires_at > now()
    RETURNING id, purpose, identifier_kind, identity_key, address
  )`

// A known identifier keeps its user; a new one gets a user. Both learn that the address is proven.
const account = (proof: Proof) => sql`
  owner AS (
    INSERT INTO identifiers AS i (tenant_id, kind, identity_key, user_id, verified_at)
    SELECT ${proof.tenantId}::uuid, identifier_kind, identity_key, ${proof.newUserId}::uuid, now() FROM consumed
    ON CONFLICT (tenant_id, kind, identity_key) DO UPDATE SET verified_at = coalesce(i.verified_at, now())
    RETURNING user_id, user_id = ${proof.newUserId}::uuid AS created
  ), fresh AS (
    INSERT INTO users (tenant_id, id, email, email_verified_at)
    SELECT ${proof.tenantId}::uuid, user_id, address, now() FROM owner, consumed WHERE created
    RETURNING id, email, email_verified_at, phone, phone_verified_at, is_active, created_at
  ), proven AS (
    UPDATE users u SET email_verified_at = now(), updated_at = now() FROM owner
     WHERE u.tenant_id = ${proof.tenantId}::uuid AND u.id = owner.user_id AND u.email_verified_at IS NULL
  ), account AS (
    SELECT id, email, email_verified_at, phone, phone_verified_at, is_active, created_at FROM fresh
    UNION ALL
    SELECT u.id, u.email, coalesce(u.email_verified_at, now()), u.phone, u.phone_verified_at, u.is_active, u.created_at
      FROM users u, owner WHERE u.tenant_id = ${proof.tenantId}::uuid AND u.id = owner.user_id AND NOT owner.created
  )`

// The owner's row can be younger than this statement's snapshot (two first links proven at once): then try again.
const opened = (proof: Proof) => sql`
  opened AS (
    INSERT INTO sessions (tenant_id, id, user_id, challenge_id, amr, acr, idle_expires_at, expires_at)
    SELECT ${proof.tenantId}::uuid, ${proof.session.id}::uuid, coalesce(account.id, stale_snapshot()), consumed.id,
           ${proof.session.amr}::text[], ${proof.session.acr},
           now() + make_interval(secs => ${proof.session.idleSeconds}::integer),
           now() + make_interval(secs => ${proof.session.absoluteSeconds}::integer)
      FROM consumed CROSS JOIN owner LEFT JOIN account ON true
     WHERE account.id IS NULL OR (account.is_active AND consumed.purpose IN ('sign_in', 'onboarding'))
    RETURNING id, idle_expires_at, expires_at
  ), refreshing AS (
    INSERT INTO refresh_tokens (tenant_id, session_id, generation, digest)
    SELECT ${proof.tenantId}::uuid, id, 0, ${proof.session.refreshDigest}::bytea FROM opened
  )`

// Seen as it was before this statement. A row that looks untouched here was taken by another just now: used.
const refused = (proof: Proof) => sql`
  refused AS (
    SELECT CASE WHEN consumed_at IS NOT NULL THEN 'used'
                WHEN revoked_at IS NOT NULL THEN 'revoked'
                WHEN superseded_at IS NOT NULL THEN 'superseded'
                WHEN expires_at <= now() THEN 'expired'
                WHEN due_at > now() OR decoy THEN 'not_due'
                WHEN code_challenge IS DISTINCT FROM ${proof.codeChallenge} THEN 'pkce_mismatch'
                ELSE 'used' END AS reason
      FROM challenges
     WHERE tenant_id = ${proof.tenantId}::uuid AND id = ${proof.challengeId}::uuid AND kind = 'magic_link'
       AND digest = ${proof.digest}::bytea AND NOT EXISTS (SELECT FROM consumed)
    UNION ALL
    SELECT 'account_disabled' FROM account WHERE NOT is_active
  )`

const told = (proof: Proof) => sql`
  told AS (
    INSERT INTO outbox (tenant_id, kind, subject, outcome, reason, data)
    SELECT ${proof.tenantId}::uuid, 'challenge.verified', 'challenge:' || consumed.id, 'success', NULL::text,
           jsonb_build_object('purpose', consumed.purpose, 'user_id', owner.user_id) FROM consumed, owner
    UNION ALL
    SELECT ${proof.tenantId}::uuid, 'user.created', 'user:' || fresh.id, 'success', NULL,
           jsonb_build_object('challenge_id', ${proof.challengeId}::text) FROM fresh
    UNION ALL
    SELECT ${proof.tenantId}::uuid, 'session.opened', 'session:' || opened.id, 'success', NULL,
           jsonb_build_object('challenge_id', ${proof.challengeId}::text, 'user_id', owner.user_id,
             'amr', to_jsonb(${proof.session.amr}::text[])) FROM opened, owner
    UNION ALL
    SELECT ${proof.tenantId}::uuid, 'challenge.refused', 'challenge:' || ${proof.challengeId}::text, 'refused', reason,
           '{}'::jsonb FROM refused
  )`
