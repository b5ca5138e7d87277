// Which purposes go with what: a step-up has its session, a next factor its sign-in, and a sign-in begins with what the
// tenant's policy allows.

import type { FirstFactor, Purpose } from '@postern/contracts/challenge'
import { AppError, invalidField } from '@postern/service-kit/app-error'
import type { KeyRing } from '@postern/token/key-ring'
import { readPendingKey } from '../../factor/pending-sign-in.ts'
import type { NewChallenge } from './new-challenge.ts'

const SIGNING_IN: readonly Purpose[] = ['sign_in', 'onboarding']

export interface Purposed {
  purpose: Purpose
  method: FirstFactor
  sessionId: string | undefined
  mfaToken: string | undefined
}

/**
 * What the purpose asks for besides. Whether session and sign-in live, and whose they are, the statement decides.
 * @throws AppError VALIDATION_FAILED, FACTOR_NOT_ALLOWED, INVALID_TOKEN
 */
export function checkPurpose(
  pepper: KeyRing,
  tenant: { id: string; firstFactors: readonly FirstFactor[] },
  { purpose, method, sessionId, mfaToken }: Purposed,
): Pick<NewChallenge, 'sessionId' | 'mfa'> {
  if ((purpose === 'step_up') !== (sessionId !== undefined)) {
    throw invalidField('body.session_id', 'goes with the purpose step_up, and with no other')
  }
  if (purpose === 'verify_email' && method === 'otp_sms') {
    throw invalidField('body.purpose', 'verify_email is proven by e-mail')
  }
  if (mfaToken !== undefined) {
    if (!SIGNING_IN.includes(purpose))
      throw invalidField('body.mfa_token', 'goes with the purpose of its sign-in')
    return { sessionId: null, mfa: readPendingKey(pepper, tenant.id, mfaToken) }
  }
  checkFirstFactor(tenant, { purpose, method })
  return { sessionId: sessionId ?? null, mfa: null }
}

/** What opens a session begins with what the tenant's policy allows. @throws AppError FACTOR_NOT_ALLOWED */
export function checkFirstFactor(
  tenant: { firstFactors: readonly FirstFactor[] },
  { purpose, method }: Pick<Purposed, 'purpose' | 'method'>,
): void {
  if (SIGNING_IN.includes(purpose) && !tenant.firstFactors.includes(method)) {
    throw new AppError('FACTOR_NOT_ALLOWED', { reason: `policy allows no sign-in by ${method}` })
  }
}
