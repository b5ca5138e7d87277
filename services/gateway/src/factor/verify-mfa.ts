// Proves the next factor of a sign-in that waits for one. The token proves itself before the database is asked, and the
// sign-in goes on in the statement that spends the factor.

import type { SignInResult } from '@postern/contracts/http/sign-in-result'
import type { TenantRun } from '@postern/db/with-tenant'
import type { KeyRing } from '@postern/token/key-ring'
import { recoveryCodeDigests } from '@postern/token/recovery-code'
import { type MintDeps, mintSignIn, type SignInTenant } from '../session/mint-sign-in.ts'
import type { Client } from '../session/session.ts'
import type { SignDeps } from '../session/sign-access.ts'
import { tellSignIn } from '../session/tell-sign-in.ts'
import { matchSealed } from './match-totp.ts'
import { type Completion, completeSignIn, type WaitingSignIn } from './pending-sign-in.store.ts'
import { readPending, stopped } from './read-pending.ts'
import { spendRecoveryCode } from './recovery-code.store.ts'
import { spendNothing, spendStep } from './totp-factor.store.ts'

export type MfaDeps = SignDeps & MintDeps & { sealing: KeyRing }

export type MfaAnswer = { code: string } | { recovery_code: string }

export interface MfaInput {
  mfaToken: string
  answer: MfaAnswer
  client: Client
}

/**
 * Spends the factor and opens the session, or tells what is still missing.
 * @throws AppError INVALID_TOKEN, TOKEN_EXPIRED, TOKEN_USED, ATTEMPTS_EXHAUSTED, INVALID_CODE, IDENTIFIER_LOCKED,
 * FACTOR_NOT_ALLOWED, CONFLICT (the factor is not enrolled), ACCOUNT_DISABLED
 */
export async function verifyMfa(
  deps: MfaDeps,
  run: TenantRun,
  tenant: SignInTenant,
  input: MfaInput,
): Promise<SignInResult> {
  const pending = await readPending(deps.pepper, run, tenant.id, input.mfaToken)
  const { rows, secrets } = mintSignIn(deps, tenant, input.client)
  const proof = proofOf(deps, tenant.id, pending, input.answer)
  const completed = await completeSignIn(run, { key: pending.key, ...proof, signIn: rows })
  if (completed.kind !== 'entered') throw stopped(completed)
  return tellSignIn(deps, { ...completed, tenant, secrets })
}

function proofOf(
  deps: MfaDeps,
  tenantId: string,
  { userId, active, now }: WaitingSignIn,
  answer: MfaAnswer,
): Pick<Completion, 'answered' | 'spending'> {
  const user = { tenantId, userId }
  if ('code' in answer) {
    const step = active && matchSealed(deps.sealing, tenantId, active, { code: answer.code, now })
    return {
      answered: { method: 'totp', standsFor: 'totp' },
      spending: step ? spendStep(user, step) : spendNothing(user),
    }
  }
  return {
    answered: { method: 'recovery_code', standsFor: 'totp' },
    spending: spendRecoveryCode(user, recoveryCodeDigests(deps.pepper, user, answer.recovery_code) ?? []),
  }
}
