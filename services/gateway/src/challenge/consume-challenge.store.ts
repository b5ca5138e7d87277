// Spending a challenge is one guarded statement: whoever changes the row wins, and what the proof opens (the user, the
// session or the wait for a second factor, their events) is part of the same statement. A crash leaves all of it or nothing.

import type { Purpose } from '@postern/contracts/challenge'
import { inputRows } from '@postern/db/input-rows'
import type { TenantRun } from '@postern/db/with-tenant'
import { type RawBuilder, sql } from 'kysely'
import {
  SIGN_IN_INPUT,
  type SignInRow,
  signedIn,
  signInColumns,
  signInEvents,
  signInJoins,
  signInParts,
} from '../session/sign-in.store.ts'
import type { NewSignIn, SignedIn } from '../session/sign-in.ts'
import { accountColumns, accountEvents, accountParts } from '../user/proven-user.store.ts'
import type { ProvenUser } from '../user/proven-user.ts'
import type { RefusalReason } from './challenge.ts'

export interface Proof {
  tenantId: string
  challengeId: string
  digest: Buffer
  /** S256 of the verifier that came with the token; null: none came */
  codeChallenge: string | null
  /** the id a user gets who is new */
  newUserId: string
  signIn: NewSignIn
}

export interface Consumption {
  user: ProvenUser
  created: boolean
  purpose: Purpose
  signedIn: SignedIn
}

export type Consumed =
  | { kind: 'proven'; proof: Consumption }
  | { kind: 'refused'; reason: RefusalReason }
  | { kind: 'unknown' }

interface Row extends ProvenUser, SignInRow {
  purpose: Purpose | null
  created: boolean
  reason: RefusalReason | null
}

/** Spends the challenge and opens what its purpose opens; tells a refusal to the trail. */
export async function consumeChallenge(run: TenantRun, proof: Proof): Promise<Consumed> {
  const [row] = await run(statement([proof], proof.tenantId))
  if (row?.reason) return { kind: 'refused', reason: row.reason }
  if (!row?.purpose) return { kind: 'unknown' }
  return {
    kind: 'proven',
    proof: { user: userOf(row), created: row.created, purpose: row.purpose, signedIn: signedIn(row) },
  }
}

const userOf = (row: Row): ProvenUser => ({
  id: row.id,
  email: row.email,
  email_verified_at: row.email_verified_at,
  phone: row.phone,
  phone_verified_at: row.phone_verified_at,
  is_active: row.is_active,
  created_at: row.created_at,
})

const asked = (proofs: readonly Proof[]) =>
  inputRows(proofs, {
    challenge_id: ['uuid', (proof) => proof.challengeId],
    digest: ['bytea', (proof) => proof.digest],
    code_challenge: ['text', (proof) => proof.codeChallenge],
    new_user_id: ['uuid', (proof) => proof.newUserId],
    ...SIGN_IN_INPUT,
  })

const statement = (proofs: readonly Proof[], tenantId: string): RawBuilder<Row> => sql<Row>`
  WITH ask AS MATERIALIZED (${asked(proofs)}), ${spent(tenantId)}, ${accountParts(tenantId)}, ${entering},
    ${signInParts(tenantId)}, ${refused(tenantId)}, ${told(tenantId)}
  SELECT proven.purpose, ${accountColumns}, ${signInColumns}, refused.reason
    FROM ask LEFT JOIN proven ON proven.n = ask.n LEFT JOIN account ON account.n = ask.n ${signInJoins}
    LEFT JOIN refused ON refused.n = ask.n`

const spent = (tenantId: string) => sql`
  proven AS (
    UPDATE challenges c SET consumed_at = now() FROM ask
     WHERE c.tenant_id = ${tenantId}::uuid AND c.id = ask.challenge_id AND c.kind = 'magic_link'
       AND c.digest = ask.digest AND c.code_challenge IS NOT DISTINCT FROM ask.code_challenge AND c.mfa_id IS NULL
       -- Said so that only the primary key fits: through the index of live challenges it would read all of a tenant's.
       AND c.consumed_at IS NULL AND coalesce(c.superseded_at, c.revoked_at) IS NULL AND NOT c.decoy
       AND c.due_at <= now() AND c.expires_at > now()
    RETURNING ask.n, c.id, c.purpose, c.identifier_kind, c.identity_key, c.address
  )`

const entering = sql`
  entering AS (
    SELECT a.n, a.id AS user_id, p.purpose, p.id AS challenge_id, a.created AS user_created,
           ARRAY['magic_link'] AS amr, a.email_verified_at IS NOT NULL AS has_email,
           a.phone_verified_at IS NOT NULL AS has_phone, a.factors_of
      FROM account a JOIN proven p USING (n) WHERE a.is_active AND p.purpose IN ('sign_in', 'onboarding')
  )`

// Seen as it was before this statement. A row that looks untouched here was taken by another just now: used.
const refused = (tenantId: string) => sql`
  refused AS (
    SELECT ask.n, CASE WHEN c.consumed_at IS NOT NULL THEN 'used'
                       WHEN c.revoked_at IS NOT NULL THEN 'revoked'
                       WHEN c.superseded_at IS NOT NULL THEN 'superseded'
                       WHEN c.expires_at <= now() THEN 'expired'
                       WHEN c.due_at > now() OR c.decoy OR c.mfa_id IS NOT NULL THEN 'not_due'
                       WHEN c.code_challenge IS DISTINCT FROM ask.code_challenge THEN 'pkce_mismatch'
                       ELSE 'used' END AS reason
      FROM ask JOIN challenges c ON c.tenant_id = ${tenantId}::uuid AND c.id = ask.challenge_id
     WHERE c.kind = 'magic_link' AND c.digest = ask.digest
       AND NOT EXISTS (SELECT FROM proven p WHERE p.n = ask.n)
    UNION ALL
    SELECT n, 'account_disabled' FROM account WHERE NOT is_active
  )`

const told = (tenantId: string) => sql`
  told AS (
    INSERT INTO outbox (tenant_id, kind, subject, outcome, reason, data)
    SELECT ${tenantId}::uuid, kind, subject, outcome, reason, data FROM (
      SELECT p.n, 'challenge.verified' AS kind, 'challenge:' || p.id AS subject, 'success' AS outcome,
             NULL::text AS reason, jsonb_build_object('purpose', p.purpose, 'user_id', a.id) AS data
        FROM proven p JOIN account a USING (n)
      UNION ALL ${accountEvents}
      UNION ALL ${signInEvents}
      UNION ALL
      SELECT r.n, 'challenge.refused', 'challenge:' || ask.challenge_id, 'refused', r.reason, '{}'::jsonb
        FROM refused r JOIN ask USING (n)
    ) events
  )`
