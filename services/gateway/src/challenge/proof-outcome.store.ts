// What a proof comes to, each as parts of the statement that spends challenges: it opens a session (or the wait for a second
// factor), takes over an account first, or raises a session that is there.

import { type RawBuilder, sql } from 'kysely'
import { raiseColumns, raiseEvents, raiseParts } from '../session/raise-session.store.ts'
import { signInColumns, signInEvents, signInJoins, signInParts } from '../session/sign-in.store.ts'
import { accountEvents, accountParts, claimEvents } from '../user/proven-user.store.ts'

export interface ProofOutcome {
  /** Whether what others set up on the account may be cleared; where not, such a proof is told `asks_claim` and stays unspent. */
  readonly mayClaim: boolean
  /** Its CTEs, the last of them `shown`: whose proof it is, `n`, the columns of ProvenUser and `created`. */
  parts(tenantId: string): RawBuilder<unknown>
  /** Why a proof `j` of the user `s` opens nothing, though it is spent: text, NULL where it does. */
  readonly refusal: RawBuilder<unknown>
  /** Rows for the outbox: `n, kind, subject, outcome, reason, data`. */
  readonly events: RawBuilder<unknown>
  /** The columns of SignInRow, for the last SELECT, and what it joins for them. */
  readonly columns: RawBuilder<unknown>
  readonly joins: RawBuilder<unknown>
}

const opens = (mayClaim: boolean): ProofOutcome => ({
  mayClaim,
  parts: (tenantId) => sql`
    ${accountParts(tenantId, mayClaim)}, ${entering}, ${signInParts(tenantId)},
    shown AS (
      SELECT n, id, email, email_verified_at, phone, phone_verified_at, is_active, created_at, created FROM account
    )`,
  refusal: sql`CASE WHEN NOT coalesce(s.is_active, true) THEN 'account_disabled' END`,
  events: mayClaim
    ? sql`${accountEvents} UNION ALL ${claimEvents} UNION ALL ${signInEvents}`
    : sql`${accountEvents} UNION ALL ${signInEvents}`,
  columns: signInColumns,
  joins: signInJoins,
})

const entering = sql`
  entering AS (
    SELECT a.n, a.id AS user_id, p.purpose, p.id AS challenge_id, a.created AS user_created, ARRAY[p.method] AS amr,
           a.email_verified_at IS NOT NULL AS has_email, a.phone_verified_at IS NOT NULL AS has_phone, a.factors_of
      FROM account a JOIN proven p USING (n) WHERE a.is_active AND p.purpose IN ('sign_in', 'onboarding')
  )`

/** Of an identifier that nobody has, or that somebody proved before. */
export const opensKnown = opens(false)

/** Of an identifier that was given to an account and never proved. */
export const opensClaimed = opens(true)

/** Of a step-up: nothing is learnt of whose identifier it is. */
export const raisesSession: ProofOutcome = {
  mayClaim: true,
  parts: (tenantId) => sql`
    ${raiseParts(tenantId)},
    shown AS (
      SELECT n, id, email, email_verified_at, phone, phone_verified_at, is_active, created_at, false AS created
        FROM raising
    )`,
  refusal: sql`
    CASE WHEN NOT coalesce(s.is_active, true) THEN 'account_disabled'
         WHEN NOT EXISTS (SELECT FROM raised r WHERE r.n = a.n) THEN 'session_ended' END`,
  events: raiseEvents,
  columns: raiseColumns,
  joins: sql`LEFT JOIN raised USING (n)`,
}
