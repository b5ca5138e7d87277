// Issues a one-time code and the message that carries it.

import type { TenantRun } from '@postern/db/with-tenant'
import type { CallerTenant } from '@postern/service-kit/caller'
import { readEmail, readPhone } from '../identifier.ts'
import { type IssueResult, issueChallenge } from './issue-challenge.ts'
import { type IssueDeps, makeChallenge } from './make-challenge.ts'
import { mintCode } from './mint-code.ts'
import { type IssueInput, readWanted } from './read-wanted.ts'

export interface IssueOtpInput extends IssueInput {
  channel: 'email' | 'sms'
  /** an e-mail address, or a phone number in international form */
  to: string
}

/**
 * @throws AppError VALIDATION_FAILED for an identifier, time or combination that cannot be; FACTOR_NOT_ALLOWED; what
 *   `issueChallenge` throws
 */
export async function issueOtp(
  deps: IssueDeps,
  run: TenantRun,
  tenant: CallerTenant,
  input: IssueOtpInput,
): Promise<IssueResult> {
  const method = input.channel === 'sms' ? ('otp_sms' as const) : ('otp_email' as const)
  const identifier = method === 'otp_sms' ? readPhone(input.to, 'body.to') : readEmail(input.to, 'body.to')
  const wanted = readWanted(deps, tenant, { identifier, method }, input)
  const challenge = makeChallenge(deps, tenant, wanted, (id) => mintCode(deps, tenant, identifier, id))
  return issueChallenge(run, challenge)
}
