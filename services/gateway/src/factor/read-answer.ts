// What an answer to the next factor would spend. A link proves itself here already; everything else is compared, or found
// by its digest, in the statement.

import type { KeyRing } from '@postern/token/key-ring'
import { recoveryCodeDigests } from '@postern/token/recovery-code'
import { readCode, readLink } from '../challenge/read-proof.ts'
import { spendChallenge } from './challenge-factor.store.ts'
import { matchSealed } from './match-totp.ts'
import type { Completion } from './pending-sign-in.store.ts'
import type { Pending } from './read-pending.ts'
import { spendRecoveryCode } from './recovery-code.store.ts'
import { spendNothing, spendStep } from './totp-factor.store.ts'

export interface AnswerDeps {
  pepper: KeyRing
  sealing: KeyRing
}

export type MfaAnswer =
  | { code: string }
  | { recovery_code: string }
  | { otp_id: string; code: string }
  | { token: string; code_verifier?: string | undefined }

type ReadAnswer = Pick<Completion, 'answered' | 'spending' | 'bringing'>

/** @throws AppError INVALID_TOKEN for a link token that is none of the tenant's */
export function readAnswer(
  { pepper, sealing }: AnswerDeps,
  tenantId: string,
  pending: Pending,
  answer: MfaAnswer,
): ReadAnswer {
  const user = { tenantId, userId: pending.userId }
  const ofSignIn = { mfaId: pending.key.pendingId, raise: null }
  if ('otp_id' in answer) {
    // Where the code went is its challenge's to say; the sign-in takes it for the one that it waits for.
    const method = pending.next === 'otp_sms' ? 'otp_sms' : 'otp_email'
    const code = readCode(pepper, tenantId, { challengeId: answer.otp_id, code: answer.code })
    return {
      answered: { method, standsFor: method },
      ...spendChallenge(user, { ...code, ...ofSignIn }, method),
    }
  }
  if ('token' in answer) {
    const link = readLink(pepper, tenantId, { token: answer.token, codeVerifier: answer.code_verifier })
    return {
      answered: { method: 'magic_link', standsFor: 'magic_link' },
      ...spendChallenge(user, { ...link, ...ofSignIn }, 'magic_link'),
    }
  }
  if ('recovery_code' in answer) {
    const digests = recoveryCodeDigests(pepper, user, answer.recovery_code) ?? []
    return {
      answered: { method: 'recovery_code', standsFor: 'totp' },
      spending: spendRecoveryCode(user, digests),
    }
  }
  const { active, now } = pending
  const step = active && matchSealed(sealing, tenantId, active, { code: answer.code, now })
  return {
    answered: { method: 'totp', standsFor: 'totp' },
    spending: step ? spendStep(user, step) : spendNothing(user),
  }
}
