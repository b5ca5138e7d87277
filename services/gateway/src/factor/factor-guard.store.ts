// What limits guessing second factors: parts of the statement that spends one. Who is to wait is refused before anything
// is looked at, a wrong answer is counted, and a right one ends the count. Every such statement runs under the user's
// lock, so that each sees what the one before it counted: a crowd of requests gets no more tries than one after the other.

import type { TenantRun } from '@postern/db/with-tenant'
import { type RawBuilder, sql } from 'kysely'
import { DISABLED_AFTER, type GuardAnswer, type UserOf, WAIT_AFTER, WAIT_MINUTES } from './factor.ts'

/** The lock that everything about a user's second factors is done under. */
export const factorLock = ({ tenantId, userId }: UserOf) => `factor:${tenantId}:${userId}`

/** What an answer to a second factor changes where it is right. */
export interface Spending {
  user: UserOf
  /** what must be so for the answer to be looked at; without it nothing is counted either */
  given: RawBuilder<unknown>
  /** CTEs that `spend` builds on */
  before?: RawBuilder<unknown>
  /** changes one row, and returns `user_id`, where the answer is right and `EXISTS (SELECT FROM trying)` */
  spend: RawBuilder<unknown>
  /** when an answer counts as wrong: whenever it is not right, unless told */
  missed?: RawBuilder<unknown>
  /** what of the guard it is under: six digits; what is too long to be guessed, also where six digits are off; a link */
  limits: 'digits' | 'long' | 'none'
  /** whether a right answer ends the row of wrong ones: where the others prove no more than it does */
  calms: RawBuilder<unknown>
}

const [FIRST_WAIT, LONGEST_WAIT] = WAIT_MINUTES.map((minutes) => sql.lit(minutes))
const EVERY = sql.lit(WAIT_AFTER)

const NOT_MET = sql`NOT EXISTS (SELECT FROM met)`
const CLOSED = {
  digits: sql`(wait_until > now() OR disabled_at IS NOT NULL)`,
  long: sql`wait_until > now()`,
  none: sql`false`,
}

/** The CTEs `closed`, `trying`, `met` and `failed`. */
export function guarded({ user, given, before, spend, missed, limits }: Spending) {
  return sql`
  closed AS (
    SELECT wait_until, disabled_at FROM factor_guards
     WHERE tenant_id = ${user.tenantId}::uuid AND user_id = ${user.userId}::uuid
       AND ${CLOSED[limits]}
  ), trying AS MATERIALIZED (
    SELECT FROM (SELECT) AS one WHERE NOT EXISTS (SELECT FROM closed) AND ${given}
  ), ${before ? sql`${before},` : sql``}
  met AS (${spend}
  ), failed AS (
    INSERT INTO factor_guards AS g (tenant_id, user_id, failures)
    SELECT ${user.tenantId}::uuid, ${user.userId}::uuid, 1 FROM trying WHERE ${missed ?? NOT_MET}
    ON CONFLICT (tenant_id, user_id) DO UPDATE SET failures = g.failures + 1,
      wait_until = CASE WHEN (g.failures + 1) % ${EVERY} = 0 THEN now() + make_interval(mins =>
        least(${LONGEST_WAIT}, ${FIRST_WAIT} * power(2, least((g.failures + 1) / ${EVERY}, 9) - 1))::integer) END,
      disabled_at = CASE WHEN g.failures + 1 >= ${sql.lit(DISABLED_AFTER)} THEN coalesce(g.disabled_at, now()) END
    RETURNING user_id, failures, wait_until, disabled_at
  )`
}

/** The count ends where the answer was right. */
export const calmed = ({ user, calms }: Spending) => sql`
  calmed AS (
    UPDATE factor_guards SET failures = 0, wait_until = NULL, disabled_at = NULL
     WHERE tenant_id = ${user.tenantId}::uuid AND user_id = ${user.userId}::uuid AND EXISTS (SELECT FROM met)
       AND ${calms}
  )`

/** Rows for the outbox: `kind, subject, outcome, reason, data`. `pendingId` names the sign-in that the answer was for. */
export const guardEvents = (pendingId: string | null) => sql`
  SELECT 'mfa.refused' AS kind, 'user:' || user_id AS subject, 'refused' AS outcome, 'wrong_code' AS reason,
         jsonb_build_object('pending_id', ${pendingId}::text) AS data FROM failed
  UNION ALL
  SELECT 'factor.locked', 'user:' || user_id, 'refused', CASE WHEN disabled_at IS NULL THEN 'waits' ELSE 'disabled' END,
         jsonb_build_object('failures', failures) FROM failed WHERE failures % ${EVERY} = 0`

export interface GuardRow {
  is_met: boolean
  failures: number | null
  is_closed: boolean
  is_disabled: boolean | null
  retry_after: number | null
}

/** What the statement's last SELECT tells of the guard. */
export const guardColumns = sql`
  EXISTS (SELECT FROM met) AS is_met, (SELECT failures FROM failed) AS failures, EXISTS (SELECT FROM closed) AS is_closed,
  (SELECT disabled_at IS NOT NULL FROM closed) AS is_disabled,
  (SELECT ceil(extract(epoch FROM wait_until - now()))::integer FROM closed) AS retry_after`

/** What `guardColumns` told. */
export function guardAnswer(row: GuardRow | undefined): GuardAnswer {
  if (row?.is_met) return { kind: 'right' }
  if (row?.is_closed) {
    const retryAfterSeconds = Math.max(row.retry_after ?? WAIT_MINUTES[1] * 60, 1)
    return { kind: 'closed', isDisabled: row.is_disabled === true, retryAfterSeconds }
  }
  return row?.failures ? { kind: 'wrong', failures: row.failures } : { kind: 'moot' }
}

/** What a right answer does: CTEs that read `met`, and their rows for the outbox. */
export interface Effect {
  does: RawBuilder<unknown>
  tells: RawBuilder<unknown>
}

/** One statement: spends what is right and does its effect, or counts what is wrong. */
export async function decide(run: TenantRun, spending: Spending, effect: Effect): Promise<GuardAnswer> {
  const { user } = spending
  const [row] = await run(
    sql<GuardRow>`
    WITH ${guarded(spending)}, ${calmed(spending)}, ${effect.does}, told AS (
      INSERT INTO outbox (tenant_id, kind, subject, outcome, reason, data)
      SELECT ${user.tenantId}::uuid, t.* FROM (${guardEvents(null)} UNION ALL ${effect.tells}) t
    )
    SELECT ${guardColumns}`,
    factorLock(user),
  )
  return guardAnswer(row)
}
