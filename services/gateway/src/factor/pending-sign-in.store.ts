// Finishing a sign-in is one statement: it spends the factor that was waited for, ends the wait, and opens the session or
// waits for the factor after that. Of several who answer at once one goes on.

import type { FactorMethod, Purpose } from '@postern/contracts/challenge'
import { inputRows } from '@postern/db/set-statement'
import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import { PRESENTED_INPUT } from '../challenge/spend-challenge.store.ts'
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
import type { ProvenUser } from '../user/proven-user.ts'
import { type Bringing, type JudgedRow, judgedColumns, notJudged } from './challenge-factor.store.ts'
import type { GuardAnswer } from './factor.ts'
import {
  calmed,
  type Effect,
  factorLock,
  type GuardRow,
  guardAnswer,
  guardColumns,
  guardEvents,
  guarded,
  type Spending,
} from './factor-guard.store.ts'
import {
  freedEvents,
  freedIdentifiers,
  type GuardedIdentifier,
  type HeldIdentifier,
  heldIdentifiers,
} from './freed-identifiers.store.ts'
import { type Answered, type PendingKey, type PendingRefusal, WRONG_ANSWERS } from './pending-sign-in.ts'
import {
  type HeldSecrets,
  heldSecrets,
  type SecretRow,
  secretColumns,
  secretsJoined,
} from './totp-factor.store.ts'

export interface WaitingSignIn extends HeldSecrets {
  userId: string
  /** the factor that is waited for; null: it went on, ended, or nothing is missing any more */
  next: FactorMethod | null
  /** what the user has proven */
  identifiers: HeldIdentifier[]
}

const theirs = ({ tenantId, pendingId, digest }: PendingKey) =>
  sql`tenant_id = ${tenantId}::uuid AND id = ${pendingId}::uuid AND digest = ${digest}::bytea`
const LIVE = sql`expires_at > now() AND failures <= ${sql.lit(WRONG_ANSWERS)}`

interface PendingRow {
  user_id: string
  next: FactorMethod | null
  identifiers: HeldIdentifier[]
}

/** Undefined when there is no such sign-in. */
export async function findPending(run: TenantRun, key: PendingKey): Promise<WaitingSignIn | undefined> {
  const rows = await run(sql<SecretRow & PendingRow>`
    SELECT account.user_id, account.next, ${heldIdentifiers} AS identifiers, ${secretColumns}
      FROM (SELECT tenant_id, user_id,
                   CASE WHEN consumed_at IS NULL AND ${LIVE} THEN (remaining_factors(tenant_id, user_id, amr))[1] END AS next
              FROM pending_sign_ins WHERE ${theirs(key)}) account ${secretsJoined}`)
  const [first] = rows
  if (first === undefined) return undefined
  const { user_id: userId, next, identifiers } = first
  return { userId, next, identifiers, ...heldSecrets(first.now, rows) }
}

export interface Completion {
  key: PendingKey
  answered: Answered
  spending: Spending
  /** what the answer does besides */
  effect?: Effect
  /** where the answer is a link or a code */
  bringing?: Bringing
  signIn: NewSignIn
  /** the user's identifiers whose codes are on again once nothing is missing; none: the answer only sets something up */
  frees?: readonly GuardedIdentifier[]
}

export type Completed = {
  /** what was still to be sent of a link or code that is spent now, also by a refused answer; null: nothing */
  unsentDelivery: string | null
} & (
  | { kind: 'entered'; user: ProvenUser; created: boolean; purpose: Purpose; signedIn: SignedIn }
  | { kind: 'refused'; reason: PendingRefusal }
  | { kind: 'wrong'; answer: Exclude<GuardAnswer, { kind: 'right' }>; failures: number; judged: JudgedRow }
)

interface Row extends GuardRow, SignInRow, ProvenUser, JudgedRow {
  reason: PendingRefusal | null
  missed: number | null
  purpose: Purpose
  user_created: boolean
}

export async function completeSignIn(run: TenantRun, completion: Completion): Promise<Completed> {
  const [row] = await run(statement(completion), factorLock(completion.spending.user))
  if (row === undefined) throw new Error('a sign-in was asked for and none was told')
  const { unsent_delivery_id: unsentDelivery } = row
  if (row.reason) return { kind: 'refused', reason: row.reason, unsentDelivery }
  const answer = guardAnswer(row)
  if (answer.kind !== 'right') {
    return { kind: 'wrong', answer, failures: row.missed ?? 0, judged: row, unsentDelivery }
  }
  const { id, email, email_verified_at, phone, phone_verified_at, is_active, created_at } = row
  const user = { id, email, email_verified_at, phone, phone_verified_at, is_active, created_at }
  const { user_created: created, purpose } = row
  return { kind: 'entered', user, created, purpose, signedIn: signedIn(row), unsentDelivery }
}

const statement = (completion: Completion) => {
  const { key, answered, spending, effect, bringing, frees = [] } = completion
  const tried: Spending = {
    ...spending,
    given: sql`EXISTS (SELECT FROM pending WHERE reason IS NULL) AND ${spending.given}`,
    // Nothing is asked of what follows where nothing is tried.
    before: sql`
  ask AS MATERIALIZED (SELECT * FROM input WHERE EXISTS (SELECT FROM trying))${spending.before ? sql`, ${spending.before}` : sql``}`,
  }
  return sql<Row>`
  WITH input AS MATERIALIZED (${inputOf(completion)}), ${pendingPart(key, answered)}, ${guarded(tried)},
    ${calmed(spending)}, ${effect ? sql`${effect.does},` : sql``} ${consumed(completion)}, ${signInParts(key.tenantId)},
    ${freedIdentifiers(spending.user, frees, bringing !== undefined)}, ${refused(bringing)}, ${told(completion)}
  SELECT ${guardColumns}, refused.reason, (SELECT failures FROM missed) AS missed, entered.purpose, entered.user_created,
         holder.id, holder.email, holder.email_verified_at, holder.phone, holder.phone_verified_at, holder.is_active,
         holder.created_at, ${signInColumns}, ${bringing ? judgedColumns(key.tenantId) : notJudged},
         -- The sign-in went away (its user was disabled or erased) while this waited for it: undone, and tried again.
         CASE WHEN EXISTS (SELECT FROM met) AND NOT EXISTS (SELECT FROM entered) THEN stale_snapshot() END AS again
    FROM (SELECT) AS one LEFT JOIN ask ON true LEFT JOIN refused ON true LEFT JOIN entered ON true
    LEFT JOIN holder ON true ${signInJoins}`
}

function inputOf({ bringing, signIn }: Completion) {
  const one = <I>(input: I) => [{ input, requestId: null, traceparent: null }]
  const rows = bringing
    ? inputRows('row', { ...SIGN_IN_INPUT, ...PRESENTED_INPUT }, one({ signIn, ...bringing.presented }))
    : inputRows('row', SIGN_IN_INPUT, one({ signIn }))
  return sql`SELECT * FROM ${rows}`
}

const pendingPart = (key: PendingKey, { standsFor }: Answered) => sql`
  pending AS MATERIALIZED (
    SELECT user_id, CASE WHEN consumed_at IS NOT NULL THEN 'used'
                         WHEN failures > ${sql.lit(WRONG_ANSWERS)} THEN 'exhausted'
                         WHEN expires_at <= now() THEN 'expired'
                         WHEN (remaining_factors(tenant_id, user_id, amr))[1] IS DISTINCT FROM ${standsFor}::text
                           THEN 'other_factor' END AS reason
      FROM pending_sign_ins WHERE ${theirs(key)}
  )`

const consumed = ({ key, answered, bringing }: Completion) => sql`
  entered AS (
    UPDATE pending_sign_ins SET consumed_at = now()
     WHERE ${theirs(key)} AND consumed_at IS NULL AND ${LIVE} AND EXISTS (SELECT FROM met)
    RETURNING user_id, purpose, challenge_id, user_created, amr || ${answered.method}::text AS amr
  ), missed AS (
    UPDATE pending_sign_ins SET failures = failures + 1 WHERE ${theirs(key)} AND EXISTS (SELECT FROM failed)
    RETURNING failures
  ), holder AS (
    ${
      bringing?.holder ??
      sql`
    SELECT u.id, u.email, u.email_verified_at, u.phone, u.phone_verified_at, u.is_active, u.created_at
      FROM users u JOIN entered e ON e.user_id = u.id WHERE u.tenant_id = ${key.tenantId}::uuid`
    }
  ), entering AS (
    SELECT 1 AS n, e.user_id, e.purpose, e.challenge_id, e.user_created, e.amr,
           h.email_verified_at IS NOT NULL AS has_email, h.phone_verified_at IS NOT NULL AS has_phone,
           e.user_id AS factors_of
      FROM entered e JOIN holder h ON h.id = e.user_id WHERE h.is_active
  )`

const refused = (bringing: Bringing | undefined) => sql`
  refused AS (
    SELECT user_id, reason FROM pending WHERE reason IS NOT NULL
    UNION ALL
    SELECT user_id, 'account_disabled' FROM entered WHERE NOT EXISTS (SELECT FROM entering)
    ${bringing ? sql`UNION ALL ${bringing.refusals}` : sql``}
  )`

const told = ({ key, answered, effect, bringing }: Completion) => sql`
  told AS (
    INSERT INTO outbox (tenant_id, kind, subject, outcome, reason, data)
    SELECT ${key.tenantId}::uuid, kind, subject, outcome, reason, data FROM (
      ${guardEvents(key.pendingId)}
      UNION ALL
      SELECT 'mfa.verified', 'user:' || user_id, 'success', NULL,
             jsonb_build_object('pending_id', ${key.pendingId}::text, 'method', ${answered.method}::text) FROM entered
      UNION ALL
      SELECT 'mfa.refused', 'user:' || user_id, 'refused', reason,
             jsonb_build_object('pending_id', ${key.pendingId}::text) FROM refused
      UNION ALL ${freedEvents}
      ${effect ? sql`UNION ALL ${effect.tells}` : sql``}
      ${bringing ? sql`UNION ALL ${bringing.tells}` : sql``}
      UNION ALL
      SELECT kind, subject, outcome, reason, data FROM (${signInEvents}) events
    ) events
  )`
