// What a user's second factors are, and what an answer to one comes to. All methods share one count of wrong answers.

import { AppError } from '@postern/service-kit/app-error'
import type { Random } from '@postern/service-kit/random'
import type { KeyRing } from '@postern/token/key-ring'

export interface FactorDeps {
  pepper: KeyRing
  sealing: KeyRing
  random: Random
}

export interface UserOf {
  tenantId: string
  userId: string
}

/** A TOTP secret as its row holds it. */
export interface SealedSecret {
  id: string
  secret: Buffer
  secretVersion: number
}

/** Wrong answers in a row after which the user waits: as many minutes as the first number, doubled up to the second. */
export const WAIT_AFTER = 10
export const WAIT_MINUTES = [15, 60] as const
/** Wrong answers in a row after which six digits are off until a recovery code or the operator says otherwise. */
export const DISABLED_AFTER = 100

export type GuardAnswer =
  | { kind: 'right' }
  | { kind: 'wrong'; failures: number }
  /** the user waits, or six digits are off: nothing ends that by itself */
  | { kind: 'closed'; isDisabled: boolean; retryAfterSeconds: number }
  /** another request changed what the answer was for */
  | { kind: 'moot' }

/** How an answer that was not right is told. Why it was wrong is not. */
export function refusalOf(answer: Exclude<GuardAnswer, { kind: 'right' }>): AppError {
  if (answer.kind === 'closed') {
    return new AppError('IDENTIFIER_LOCKED', {
      reason: answer.isDisabled ? 'second factors are disabled' : 'second factors wait',
      details: [{ disabled: answer.isDisabled }],
      retryAfterSeconds: answer.retryAfterSeconds,
    })
  }
  if (answer.kind === 'moot') return new AppError('CONFLICT', { reason: 'the factor changed meanwhile' })
  return wrongAnswer(remainingBeforeWait(answer.failures))
}

/** How many more may be wrong before the user waits, after so many in a row. */
export const remainingBeforeWait = (failures: number) => (WAIT_AFTER - (failures % WAIT_AFTER)) % WAIT_AFTER

export const wrongAnswer = (remaining: number) =>
  new AppError('INVALID_CODE', {
    reason: 'the second factor is wrong or was used',
    details: [{ remaining_attempts: remaining }],
  })
