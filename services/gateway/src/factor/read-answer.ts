// What an answer to the next factor would spend. A link proves itself here already; everything else is compared, or found
// by its digest, in the statement.

import { AppError } from '@postern/service-kit/app-error'
import type { KeyRing } from '@postern/token/key-ring'
import { readLinkToken } from '@postern/token/link-token'
import { otpDigests } from '@postern/token/otp-code'
import { challengeOf } from '@postern/token/pkce'
import { recoveryCodeDigests } from '@postern/token/recovery-code'
import type { Presented } from '../challenge/spend-challenge.store.ts'
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
  if ('otp_id' in answer) {
    // Where the code went is its challenge's to say; the sign-in takes it for the one that it waits for.
    const method = pending.next === 'otp_sms' ? 'otp_sms' : 'otp_email'
    return {
      answered: { method, standsFor: method },
      ...spendChallenge(user, presentedCode(pepper, pending, answer), method),
    }
  }
  if ('token' in answer) {
    const presented = presentedLink(pepper, pending, answer)
    return {
      answered: { method: 'magic_link', standsFor: 'magic_link' },
      ...spendChallenge(user, presented, 'magic_link'),
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

function presentedCode(
  pepper: KeyRing,
  { key }: Pending,
  { otp_id: challengeId, code }: { otp_id: string; code: string },
): Presented {
  const digests = otpDigests(pepper, { tenantId: key.tenantId, challengeId }, code)
  return { challengeId, kind: 'otp', digests, codeChallenge: null, mfaId: key.pendingId, raise: null }
}

function presentedLink(
  pepper: KeyRing,
  { key }: Pending,
  answer: { token: string; code_verifier?: string | undefined },
): Presented {
  const token = readLinkToken(pepper, answer.token)
  if (token === null || token.tenantId !== key.tenantId)
    throw new AppError('INVALID_TOKEN', { reason: "link token is forged, damaged or another tenant's" })
  return {
    challengeId: token.challengeId,
    kind: 'magic_link',
    digests: [{ version: token.keyVersion, digest: token.digest }],
    codeChallenge: answer.code_verifier === undefined ? null : challengeOf(answer.code_verifier),
    mfaId: key.pendingId,
    raise: null,
  }
}
