// Spending a challenge is one guarded statement: whoever changes the row wins, and what the proof opens (the user, the
// session or the wait for a second factor, their events) is part of the same statement. A crash leaves all of it or nothing.

import type { Purpose } from '@postern/contracts/challenge'
import { inputRows, type SetStatement } from '@postern/db/set-statement'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { type RawBuilder, sql } from 'kysely'
import { SIGN_IN_INPUT, type SignInRow, signedIn } from '../session/sign-in.store.ts'
import type { NewSignIn, SignedIn } from '../session/sign-in.ts'
import type { ProvenUser } from '../user/proven-user.ts'
import { unsentDelivery } from './cancelled-delivery.store.ts'
import type { RefusalReason } from './challenge.ts'
import { TRIES_PER_CODE } from './code-limits.ts'
import { opensClaimed, opensKnown, type ProofOutcome, raisesSession } from './proof-outcome.store.ts'
import {
  offeredDigests,
  PRESENTED_INPUT,
  type Presented,
  spendEvents,
  spendParts,
} from './spend-challenge.store.ts'

export interface Proof extends Presented {
  tenantId: string
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
  | ({ kind: 'proven'; proof: Consumption } & Spent)
  | ({ kind: 'refused'; reason: RefusalReason; guess: Guess } & Spent)
  /** Nothing was changed: come again with the session that is to be raised. */
  | { kind: 'asks_session'; sessionId: string }

interface Spent {
  /** what was still to be sent of a challenge that is spent now; null: nothing */
  unsentDelivery: string | null
}

/** What is left to whoever guesses codes. */
export interface Guess {
  remainingAttempts: number
  /** codes of this identifier wait, perhaps since this answer */
  locked: boolean
  /** null: no wait, or one without an end */
  waitSeconds: number | null
  /** codes are off until the identifier is proven otherwise */
  disabled: boolean
}

type Verdict = 'proven' | 'asks_session' | RefusalReason

interface Row extends ProvenUser, SignInRow {
  verdict: Verdict | 'asks_claim' | 'again'
  purpose: Purpose
  created: boolean
  asked_session_id: string
  remaining_attempts: number
  is_locked: boolean
  wait_seconds: number | null
  is_disabled: boolean
  unsent_delivery_id: string | null
}

/**
 * How often a proof rides with others before it is turned away. Of those in one statement that share a guard or a user one
 * at least is settled, and only the rest hear `again`: whoever hears it so often had as many of the same identifier settled
 * beside it. A proof that rides alone never hears it.
 */
const MOST_RIDES = 250

/**
 * Spends the challenge and opens what its purpose opens; tells a refusal to the trail.
 * @throws AppError SERVICE_UNAVAILABLE while a flood proves the same identifier: nothing was compared, counted or spent
 */
export async function consumeChallenge(run: TenantRun, proof: Proof): Promise<Consumed> {
  let statement = proof.raise === null ? VERIFY : STEP_UP
  for (let rides = 1; rides <= MOST_RIDES; rides++) {
    const { verdict, ...row } = await run.each(statement, proof)
    // Asked once: the statement that it goes on with asks for no claim.
    if (verdict === 'asks_claim') statement = FIRST_PROOF
    else if (verdict !== 'again') return consumed(row, verdict)
  }
  throw new AppError('SERVICE_UNAVAILABLE', { reason: 'too many prove one identifier at once' })
}

const challengeKey = ({ tenantId, challengeId }: Proof) => `challenge:${tenantId}:${challengeId}`
const opening = (outcome: ProofOutcome): SetStatement<Proof, Row> => ({
  build: (tenantId) => statement(tenantId, outcome),
  tenantOf: ({ tenantId }) => tenantId,
  keys: (proof) => [challengeKey(proof)],
  locks: false,
})

/** Nearly every proof. What the others need costs each of these its share of time, though it does nothing. */
const VERIFY = opening(opensKnown)

/** Of an identifier that was given to an account before anybody proved it. */
const FIRST_PROOF = opening(opensClaimed)

/** Step-ups of one session wait for each other before they look: the later one has to see the token that it replaces. */
const STEP_UP: SetStatement<Proof, Row> = {
  build: (tenantId) => statement(tenantId, raisesSession),
  tenantOf: ({ tenantId }) => tenantId,
  keys: (proof) => [challengeKey(proof), `raise:${proof.tenantId}:${proof.raise?.sessionId}`],
  locks: true,
}

function consumed(row: Omit<Row, 'verdict'>, verdict: Verdict): Consumed {
  if (verdict === 'asks_session') return { kind: 'asks_session', sessionId: row.asked_session_id }
  const { unsent_delivery_id: unsentDelivery } = row
  if (verdict !== 'proven') {
    const guess = {
      remainingAttempts: row.remaining_attempts,
      locked: row.is_locked,
      waitSeconds: row.wait_seconds,
      disabled: row.is_disabled,
    }
    return { kind: 'refused', reason: verdict, guess, unsentDelivery }
  }
  const { id, email, email_verified_at, phone, phone_verified_at, is_active, created_at } = row
  const user = { id, email, email_verified_at, phone, phone_verified_at, is_active, created_at }
  return {
    kind: 'proven',
    proof: {
      user,
      created: row.created,
      purpose: row.purpose,
      signedIn: signedIn(row),
    },
    unsentDelivery,
  }
}

const ASKED = inputRows<Proof>('input', {
  ...PRESENTED_INPUT,
  new_user_id: ['uuid', ({ newUserId }) => newUserId],
  ...SIGN_IN_INPUT,
})

function statement(tenantId: string, outcome: ProofOutcome): RawBuilder<Row & { n: number }> {
  return sql`
  WITH ask AS MATERIALIZED (SELECT * FROM ${ASKED}), ${offeredDigests()},
    ${spendParts(tenantId, outcome)}, ${outcome.parts(tenantId)}, ${answered(outcome)}, ${told(tenantId, outcome)}
  SELECT ask.n, answered.verdict, answered.purpose, answered.session_id AS asked_session_id, shown.id, shown.email,
         shown.email_verified_at, shown.phone, shown.phone_verified_at, shown.is_active, shown.created_at,
         coalesce(shown.created, false) AS created, ${outcome.columns},
         CASE WHEN lock.is_locked THEN 0 ELSE coalesce(greatest(${sql.lit(TRIES_PER_CODE)} - spent.tries, 0), 0) END
           AS remaining_attempts,
         coalesce(lock.is_locked, false) AS is_locked, coalesce(lock.is_disabled, false) AS is_disabled,
         CASE WHEN lock.is_locked AND NOT lock.is_disabled THEN lock.wait_seconds END AS wait_seconds,
         ${unsentDelivery(tenantId)} AS unsent_delivery_id
    FROM ask JOIN answered USING (n) LEFT JOIN spent USING (n) LEFT JOIN lock USING (n) LEFT JOIN shown USING (n)
         ${outcome.joins}`
}

// What a proof comes to, once it is known whose it is.
const answered = ({ refusal }: ProofOutcome) => sql`
  answered AS (
    SELECT a.n, j.purpose, j.session_id,
           CASE WHEN j.verdict = 'proven' THEN coalesce(${refusal}, 'proven') ELSE coalesce(j.verdict, 'unknown') END
             AS verdict
      FROM ask a LEFT JOIN judged j USING (n) LEFT JOIN shown s USING (n)
  )`

// In the order in which they stand here, whatever a join makes of it: ids tell the order of what one transaction told.
const told = (tenantId: string, { events }: ProofOutcome) => sql`
  told AS (
    INSERT INTO outbox (tenant_id, kind, subject, outcome, reason, data, request_id, traceparent)
    SELECT ${tenantId}::uuid, kind, subject, outcome, reason, data, ask.request_id, ask.traceparent FROM (
     SELECT *, row_number() OVER () AS place FROM (
      SELECT p.n, 'challenge.verified' AS kind, 'challenge:' || p.id AS subject, 'success' AS outcome,
             NULL::text AS reason, jsonb_strip_nulls(jsonb_build_object('purpose', p.purpose, 'user_id', s.id)) AS data
        FROM proven p LEFT JOIN shown s USING (n)
      UNION ALL ${spendEvents}
      UNION ALL ${events}
      UNION ALL
      SELECT a.n, 'challenge.refused', 'challenge:' || p.id, 'refused', a.verdict, '{}'::jsonb
        FROM answered a JOIN proven p USING (n) WHERE a.verdict <> 'proven'
     ) listed
    ) events JOIN ask USING (n) ORDER BY place
  )`
