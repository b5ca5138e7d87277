// Sends a new code in the place of an old one, to the same identifier for the same purpose. The old one is dead; what was
// counted of the identifier, wrong answers included, goes on.

import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { CallerTenant } from '@postern/service-kit/caller'
import { findResendable } from '../challenge.store.ts'
import { checkFirstFactor } from './check-purpose.ts'
import { type IssueResult, issueChallenge } from './issue-challenge.ts'
import { type IssueDeps, makeChallenge } from './make-challenge.ts'
import { mintCode } from './mint-code.ts'

/** @throws AppError NOT_FOUND, FACTOR_NOT_ALLOWED, CONFLICT (it was used or revoked), and what `issueChallenge` throws */
export async function resendOtp(
  deps: IssueDeps,
  run: TenantRun,
  tenant: CallerTenant,
  id: string,
): Promise<IssueResult> {
  const old = await findResendable(run, tenant.id, id)
  if (old === undefined) throw new AppError('NOT_FOUND', { reason: 'no such code' })
  const method = old.identifier.kind === 'phone' ? ('otp_sms' as const) : ('otp_email' as const)
  if (old.mfaId === null) checkFirstFactor(tenant, { purpose: old.purpose, method })
  const wanted = {
    method,
    identifier: old.identifier,
    purpose: old.purpose,
    locale: old.locale,
    createUser: !old.decoy,
    metadata: old.metadata,
    sendAt: null,
    sessionId: old.sessionId,
    mfa: old.mfaId === null ? null : { pendingId: old.mfaId, digest: null },
    resends: old.id,
  }
  const challenge = makeChallenge(deps, tenant, wanted, (next) =>
    mintCode(deps, tenant, old.identifier, next),
  )
  return issueChallenge(run, challenge)
}
