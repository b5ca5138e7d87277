// Verifies a one-time code once. How many guesses are left is told to the client; whether a code that is over was right is
// told to nobody.

import type { SignInResult } from '@postern/contracts/http/sign-in-result'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { SignInTenant } from '../session/mint-sign-in.ts'
import { refusalCode } from './challenge.ts'
import { LONGEST_WAIT_SECONDS } from './code-limits.ts'
import { type ProveDeps, type Proven, type Prover, proveChallenge } from './prove-challenge.ts'
import { type BroughtCode, readCode } from './read-proof.ts'

export type PresentedCode = BroughtCode & Prover

/**
 * Spends the code and opens what its purpose opens.
 * @throws AppError INVALID_CODE, ATTEMPTS_EXHAUSTED, IDENTIFIER_LOCKED, TOKEN_EXPIRED, TOKEN_USED, TOKEN_SUPERSEDED,
 *   ACCOUNT_DISABLED, SESSION_REVOKED
 */
export async function verifyOtp(
  deps: ProveDeps,
  run: TenantRun,
  tenant: SignInTenant,
  { challengeId, code, ...prover }: PresentedCode,
): Promise<SignInResult> {
  const read = readCode(deps.pepper, tenant.id, { challengeId, code })
  const proven = await proveChallenge(deps, run, tenant, { ...read, ...prover })
  if (proven.kind === 'proven') return proven.result
  throw refusal(proven)
}

function refusal({ reason, guess }: Proven & { kind: 'refused' }): AppError {
  const code = refusalCode('otp', reason)
  const options = { reason: `code refused: ${reason}` }
  // Whose codes are off is not helped by waiting: told beside the longest wait, which the status asks for.
  const wait = { retryAfterSeconds: guess.waitSeconds ?? LONGEST_WAIT_SECONDS }
  if (code === 'IDENTIFIER_LOCKED')
    return new AppError(code, { ...options, ...wait, details: [{ disabled: guess.disabled }] })
  if (code !== 'INVALID_CODE') return new AppError(code, options)
  const details = [{ remaining_attempts: guess.remainingAttempts }]
  return new AppError(code, { ...options, details, ...(guess.locked && wait) })
}
