// A user's TOTP: one that counts, and one that waits for its first code. A step is spent by the statement that does what
// the code was given for; the same or an earlier one is refused from then on.

import type { TenantRun } from '@postern/db/with-tenant'
import type { VersionedDigest } from '@postern/token/digest'
import { type RawBuilder, sql } from 'kysely'
import type { GuardAnswer, SealedSecret, UserOf } from './factor.ts'
import { decide, type Effect, factorLock, type Spending } from './factor-guard.store.ts'
import { type NewRecoveryCodes, recoveryCodesWritten, spendRecoveryCode } from './recovery-code.store.ts'

export interface HeldSecrets {
  active: SealedSecret | null
  /** set up within the hour and not proven yet */
  waiting: SealedSecret | null
  /** the database's clock */
  now: Date
}

export interface FactorUser extends HeldSecrets {
  email: string | null
  phone: string | null
}

export interface SecretRow {
  now: Date
  factor_id: string | null
  secret: Buffer | null
  secret_version: number | null
  is_active: boolean | null
}

export const secretColumns = sql`
  now() AS now, f.id AS factor_id, f.secret, f.secret_version, f.enabled_at IS NOT NULL AS is_active`

/** Joins what `secretColumns` names to a row of `account`, which has the columns `tenant_id` and `user_id`. */
export const secretsJoined = sql`
  LEFT JOIN totp_factors f ON f.tenant_id = account.tenant_id AND f.user_id = account.user_id
        AND (f.enabled_at IS NOT NULL OR f.created_at > now() - interval '1 hour')`

/** Undefined when there is no such user. */
export async function findFactors(run: TenantRun, user: UserOf): Promise<FactorUser | undefined> {
  const rows = await run(sql<SecretRow & { email: string | null; phone: string | null }>`
    SELECT account.email, account.phone, ${secretColumns}
      FROM (SELECT tenant_id, id AS user_id, email, phone FROM users
             WHERE tenant_id = ${user.tenantId}::uuid AND id = ${user.userId}::uuid) account ${secretsJoined}`)
  const [first] = rows
  return first && { email: first.email, phone: first.phone, ...heldSecrets(first.now, rows) }
}

/** What the rows of `secretsJoined` hold. */
export function heldSecrets(now: Date, rows: SecretRow[]): HeldSecrets {
  const found = (isActive: boolean): SealedSecret | null => {
    const row = rows.find((row) => row.is_active === isActive)
    if (!row?.factor_id || !row.secret || !row.secret_version) return null
    return { id: row.factor_id, secret: row.secret, secretVersion: row.secret_version }
  }
  return { now, active: found(true), waiting: found(false) }
}

/** A TOTP of the user, and the step of it that a code is of; null: of none. */
export interface Step {
  factorId: string
  step: number | null
}

const theirs = ({ tenantId, userId }: UserOf) =>
  sql`tenant_id = ${tenantId}::uuid AND user_id = ${userId}::uuid`

/** Whether the TOTP still counts, or still waits. */
const isActive = (user: UserOf, factorId: string) => sql`
  EXISTS (SELECT FROM totp_factors WHERE ${theirs(user)} AND id = ${factorId}::uuid AND enabled_at IS NOT NULL)`
const isWaiting = (user: UserOf, factorId: string) => sql`
  EXISTS (SELECT FROM totp_factors WHERE ${theirs(user)} AND id = ${factorId}::uuid AND enabled_at IS NULL)`

/** Where there is nothing to compare with: the answer is not looked at, and not counted. */
export const spendNothing = (user: UserOf): Spending => ({
  user,
  given: sql`false`,
  spend: sql`SELECT NULL::uuid AS user_id WHERE false`,
  limits: 'digits',
  calms: sql`true`,
})

/** Spends a step of the user's active TOTP. */
export function spendStep(user: UserOf, { factorId, step }: Step): Spending {
  return {
    user,
    given: isActive(user, factorId),
    spend: sql`
    UPDATE totp_factors SET last_step = ${step}::bigint
     WHERE ${theirs(user)} AND id = ${factorId}::uuid AND enabled_at IS NOT NULL AND last_step < ${step}::bigint
       AND EXISTS (SELECT FROM trying)
    RETURNING user_id`,
    limits: 'digits',
    calms: sql`true`,
  }
}

export interface NewTotp extends SealedSecret {
  user: UserOf
}

const enrolled = (totp: NewTotp, from: RawBuilder<unknown>) => sql`
  enrolled AS (
    INSERT INTO totp_factors (tenant_id, id, user_id, secret, secret_version, last_step)
    SELECT ${totp.user.tenantId}::uuid, ${totp.id}::uuid, ${totp.user.userId}::uuid, ${totp.secret}::bytea,
           ${totp.secretVersion}::smallint, 0 ${from}
    ON CONFLICT (tenant_id, user_id) WHERE enabled_at IS NULL DO UPDATE SET id = excluded.id, secret = excluded.secret,
      secret_version = excluded.secret_version, last_step = 0, created_at = now()
    RETURNING user_id
  )`
const ENROLLED = sql`
  SELECT 'factor.enrolled', 'user:' || user_id, 'success', NULL::text, '{"method": "totp"}'::jsonb FROM enrolled`

/** Sets a first TOTP up, in the place of one that waits. False when the user has an active one. */
export async function insertTotp(run: TenantRun, totp: NewTotp): Promise<boolean> {
  const from = sql`WHERE NOT EXISTS (SELECT FROM totp_factors WHERE ${theirs(totp.user)} AND enabled_at IS NOT NULL)`
  const [row] = await run(
    sql<{ is_enrolled: boolean }>`
    WITH ${enrolled(totp, from)}, told AS (
      INSERT INTO outbox (tenant_id, kind, subject, outcome, reason, data)
      SELECT ${totp.user.tenantId}::uuid, t.* FROM (${ENROLLED}) t
    )
    SELECT EXISTS (SELECT FROM enrolled) AS is_enrolled`,
    factorLock(totp.user),
  )
  return row?.is_enrolled === true
}

/** Sets up what is to take the active TOTP's place, against a step of that one. */
export function replaceTotp(run: TenantRun, totp: NewTotp, step: Step): Promise<GuardAnswer> {
  return decide(run, spendStep(totp.user, step), { does: enrolled(totp, sql`FROM met`), tells: ENROLLED })
}

/** A first code makes the waiting TOTP the active one; the one before it and its recovery codes are gone. */
export function spendEnabling(user: UserOf, { factorId, step }: Step): Spending {
  return {
    user,
    given: isWaiting(user, factorId),
    // Gone before the other counts: there is one active TOTP at any moment.
    spend: sql`
    UPDATE totp_factors SET enabled_at = now(), last_step = ${step}::bigint
     WHERE ${theirs(user)} AND id = ${factorId}::uuid AND enabled_at IS NULL AND last_step < ${step}::bigint
       AND (SELECT count(*) FROM replaced) >= 0 AND EXISTS (SELECT FROM trying)
    RETURNING user_id`,
    before: sql`
    replaced AS (
      DELETE FROM totp_factors WHERE ${theirs(user)} AND enabled_at IS NOT NULL AND ${step}::bigint IS NOT NULL
         AND EXISTS (SELECT FROM trying)
      RETURNING id
    )`,
    limits: 'digits',
    calms: sql`true`,
  }
}

export interface EnabledParts {
  spending: Spending
  effect: Effect
}

/** What makes the waiting TOTP count, and writes the user's recovery codes. */
export function enabledParts(user: UserOf, step: Step, codes: NewRecoveryCodes): EnabledParts {
  const { does, tells } = recoveryCodesWritten(user, codes)
  const enabled = sql`
  SELECT 'factor.enabled', 'user:' || user_id, 'success', NULL::text,
         jsonb_build_object('method', 'totp', 'replaced', EXISTS (SELECT FROM replaced)) FROM met`
  return { spending: spendEnabling(user, step), effect: { does, tells: sql`${enabled} UNION ALL ${tells}` } }
}

export const enableTotp = (run: TenantRun, { spending, effect }: EnabledParts): Promise<GuardAnswer> =>
  decide(run, spending, effect)

/** Replaces the user's recovery codes, against a step of the active TOTP. */
export function replaceRecoveryCodes(
  run: TenantRun,
  user: UserOf,
  step: Step,
  codes: NewRecoveryCodes,
): Promise<GuardAnswer> {
  return decide(run, spendStep(user, step), recoveryCodesWritten(user, codes))
}

const dropped = (user: UserOf) => sql`
  dropped AS (DELETE FROM totp_factors WHERE ${theirs(user)} AND EXISTS (SELECT FROM met))`
const DISABLED = (by: 'totp' | 'recovery_code') => sql`
  SELECT 'factor.disabled', 'user:' || user_id, 'success', NULL::text,
         jsonb_build_object('method', 'totp', 'by', ${by}::text) FROM met`

/** Removes TOTP and recovery codes, against a step. */
export function disableTotpByStep(
  run: TenantRun,
  user: UserOf,
  { factorId, step }: Step,
): Promise<GuardAnswer> {
  const spending = {
    ...spendStep(user, { factorId, step }),
    // A row is changed once in a statement: the step is spent by the end of what it is a step of.
    spend: sql`
    DELETE FROM totp_factors
     WHERE ${theirs(user)} AND id = ${factorId}::uuid AND enabled_at IS NOT NULL AND last_step < ${step}::bigint
       AND EXISTS (SELECT FROM trying)
    RETURNING user_id`,
  }
  const others = sql`
    waiting AS (DELETE FROM totp_factors WHERE ${theirs(user)} AND enabled_at IS NULL AND EXISTS (SELECT FROM met)),
    wiped AS (DELETE FROM recovery_codes WHERE ${theirs(user)} AND EXISTS (SELECT FROM met))`
  return decide(run, spending, { does: others, tells: DISABLED('totp') })
}

/** Removes TOTP and recovery codes, against one of these. The one that was used stays, as used. */
export function disableTotpByRecovery(
  run: TenantRun,
  user: UserOf,
  digests: readonly VersionedDigest[],
): Promise<GuardAnswer> {
  const given = sql`EXISTS (SELECT FROM totp_factors WHERE ${theirs(user)} AND enabled_at IS NOT NULL)`
  const wiped = sql`
    wiped AS (DELETE FROM recovery_codes WHERE ${theirs(user)} AND EXISTS (SELECT FROM met)
                 AND digest <> ALL (${digests.map(({ digest }) => digest)}::bytea[]))`
  return decide(
    run,
    { ...spendRecoveryCode(user, digests), given },
    { does: sql`${dropped(user)}, ${wiped}`, tells: DISABLED('recovery_code') },
  )
}
