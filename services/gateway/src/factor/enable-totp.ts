// A first code makes the waiting TOTP count. With the token of a sign-in that waits for just that, the same code is the
// proof of its next factor: nobody waits for another one. The recovery codes are shown by this answer and never again.

import type { EnabledTotp } from '@postern/contracts/http/factor'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { KeyRing } from '@postern/token/key-ring'
import { mintRecoveryCodes } from '@postern/token/recovery-code'
import type { Effect } from '../idempotency/run-once.ts'
import { type MintDeps, mintSignIn, type SignInTenant } from '../session/mint-sign-in.ts'
import type { Client } from '../session/session.ts'
import type { SignDeps } from '../session/sign-access.ts'
import { tellSignIn } from '../session/tell-sign-in.ts'
import { refusalOf, type UserOf } from './factor.ts'
import { matchSealed, readFactors } from './match-totp.ts'
import { completeSignIn } from './pending-sign-in.store.ts'
import { readPendingOf, stopped } from './read-pending.ts'
import {
  type EnabledParts,
  enableTotp as enable,
  enabledParts,
  type HeldSecrets,
} from './totp-factor.store.ts'

export type EnableDeps = SignDeps & MintDeps & { sealing: KeyRing }

export interface EnableInput {
  userId: string
  code: string
  /** the sign-in that this enrolment is part of */
  mfaToken: string | undefined
  client: Client
}

const REPEAT: EnabledTotp = { recovery_codes: null, sign_in: null }

/**
 * Refused with INVALID_CODE or IDENTIFIER_LOCKED; with a sign-in's token also as that is.
 * @throws AppError NOT_FOUND, CONFLICT (no TOTP waits), INVALID_TOKEN
 */
export async function enableTotp(
  deps: EnableDeps,
  run: TenantRun,
  tenant: SignInTenant,
  input: EnableInput,
): Promise<Effect<EnabledTotp>> {
  const user = { tenantId: tenant.id, userId: input.userId }
  const { mfaToken, code } = input
  if (mfaToken !== undefined) return enableAndEnter(deps, run, tenant, { ...input, mfaToken })
  const { parts, shown } = prepare(deps, user, await readFactors(run, user), code)
  const answer = await enable(run, parts)
  if (answer.kind !== 'right') return { kind: 'refused', error: refusalOf(answer) }
  return { kind: 'done', answer: { recovery_codes: shown, sign_in: null }, repeat: REPEAT, status: 200 }
}

async function enableAndEnter(
  deps: EnableDeps,
  run: TenantRun,
  tenant: SignInTenant,
  { userId, code, mfaToken, client }: EnableInput & { mfaToken: string },
): Promise<Effect<EnabledTotp>> {
  const user = { tenantId: tenant.id, userId }
  const pending = await readPendingOf(deps.pepper, run, user, mfaToken)
  // Who has an active one proves that one, also while another is being set up.
  if (pending.waiting !== null && pending.active !== null)
    throw new AppError('FACTOR_NOT_ALLOWED', { reason: 'the sign-in does not wait for a first TOTP' })
  const { parts, shown } = prepare(deps, user, pending, code)
  const { rows, secrets } = mintSignIn(deps, tenant, client)
  const completed = await completeSignIn(run, {
    ...parts,
    key: pending.key,
    answered: { method: 'totp', standsFor: 'totp' },
    signIn: rows,
  })
  if (completed.kind !== 'entered') return { kind: 'refused', error: stopped(completed) }
  const signIn = await tellSignIn(deps, { ...completed, tenant, secrets })
  return { kind: 'done', answer: { recovery_codes: shown, sign_in: signIn }, repeat: REPEAT, status: 200 }
}

function prepare(
  deps: EnableDeps,
  user: UserOf,
  { waiting, now }: HeldSecrets,
  code: string,
): { parts: EnabledParts; shown: string[] } {
  if (waiting === null) throw new AppError('CONFLICT', { reason: 'no TOTP waits for its first code' })
  const step = matchSealed(deps.sealing, user.tenantId, waiting, { code, now })
  const codes = mintRecoveryCodes(deps.pepper, user, deps.random.bytes)
  return { parts: enabledParts(user, step, codes), shown: codes.map(({ code }) => code) }
}
