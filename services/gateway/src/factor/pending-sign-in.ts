// A sign-in that waits for its next factor: why it does not go on, and how that is told. Only the holder of a genuine
// token learns it.

import type { FactorMethod } from '@postern/contracts/challenge'
import type { ErrorCode } from '@postern/contracts/error-codes'
import { AppError } from '@postern/service-kit/app-error'
import { type GuardAnswer, refusalOf, remainingBeforeWait, wrongAnswer } from './factor.ts'

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
