// A sign-in that waits for its next factor: how its token names it, why it does not go on, and how that is told. Only the
// holder of a genuine token learns it.

import type { FactorMethod } from '@postern/contracts/challenge'
import type { ErrorCode } from '@postern/contracts/error-codes'
import { AppError } from '@postern/service-kit/app-error'
import type { KeyRing } from '@postern/token/key-ring'
import { readMfaToken } from '@postern/token/mfa-token'
import { type GuardAnswer, refusalOf, remainingBeforeWait, wrongAnswer } from './factor.ts'

/** A genuine token's sign-in. */
export interface PendingKey {
  tenantId: string
  pendingId: string
  /** what its row stores of the token */
  digest: Buffer
}

/** The sign-in that a token names: the token proves itself. @throws AppError INVALID_TOKEN also for another tenant's */
export function readPendingKey(pepper: KeyRing, tenantId: string, mfaToken: string): PendingKey {
  const token = readMfaToken(pepper, mfaToken)
  if (token === null) throw new AppError('INVALID_TOKEN', { reason: 'mfa token is forged or damaged' })
  if (token.tenantId !== tenantId)
    throw new AppError('INVALID_TOKEN', { reason: 'mfa token of another tenant' })
  const { pendingId, digest } = token
  return { tenantId, pendingId, digest }
}

/** So many wrong answers a sign-in survives; the next one ends it. */
export const WRONG_ANSWERS = 5

/** Which factor an answer is of, and which one it stands for: a recovery code for the TOTP that it replaces. */
export interface Answered {
  method: FactorMethod
  standsFor: FactorMethod
}

export type PendingRefusal =
  | 'used'
  | 'exhausted'
  | 'expired'
  | 'other_factor'
  | 'account_disabled'
  | 'identifier_taken'

const CODES: Record<PendingRefusal, ErrorCode> = {
  used: 'TOKEN_USED',
  exhausted: 'ATTEMPTS_EXHAUSTED',
  expired: 'TOKEN_EXPIRED',
  other_factor: 'FACTOR_NOT_ALLOWED',
  account_disabled: 'ACCOUNT_DISABLED',
  identifier_taken: 'CONFLICT',
}

export const pendingRefusal = (reason: PendingRefusal) =>
  new AppError(CODES[reason], { reason: `sign-in refused: ${reason}` })

/** How a wrong answer, or one in the user's wait, is told; `failures` are the sign-in's, `left` the tries of a code. */
export function wrongFactor(
  answer: Exclude<GuardAnswer, { kind: 'right' }>,
  failures: number,
  left = Number.POSITIVE_INFINITY,
): AppError {
  if (answer.kind !== 'wrong') return refusalOf(answer)
  return wrongAnswer(Math.min(remainingBeforeWait(answer.failures), WRONG_ANSWERS + 1 - failures, left))
}
