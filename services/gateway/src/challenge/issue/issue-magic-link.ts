// Issues a magic link and the mail that carries it.

import type { Purpose } from '@postern/contracts/challenge'
import type { TenantRun } from '@postern/db/with-tenant'
import type { CallerTenant } from '@postern/service-kit/caller'
import { mintLinkToken } from '@postern/token/link-token'
import { readEmail } from '../identifier.ts'
import { chooseRedirect } from '../redirect.ts'
import { checkPurpose } from './check-purpose.ts'
import { type IssueResult, issueChallenge } from './issue-challenge.ts'
import { type IssueDeps, makeChallenge, readSendAt } from './make-challenge.ts'

export interface IssueMagicLinkInput {
  email: string
  purpose: Purpose
  sessionId: string | undefined
  mfaToken: string | undefined
  redirectUrl: string | undefined
  locale: string | undefined
  createUser: boolean
  codeChallenge: string | undefined
  metadata: Record<string, string>
  sendAt: string | undefined
}

/**
 * @throws AppError VALIDATION_FAILED for an address, redirect, time or combination that cannot be; FACTOR_NOT_ALLOWED; what
 *   `issueChallenge` throws
 */
export async function issueMagicLink(
  deps: IssueDeps,
  run: TenantRun,
  tenant: CallerTenant,
  input: IssueMagicLinkInput,
): Promise<IssueResult> {
  const identifier = readEmail(input.email)
  const redirectUrl = chooseRedirect(input.redirectUrl, tenant.allowedRedirects)
  const wanted = {
    ...checkPurpose(deps.pepper, tenant, { ...input, method: 'magic_link' }),
    method: 'magic_link' as const,
    identifier,
    purpose: input.purpose,
    locale: input.locale ?? null,
    createUser: input.createUser,
    metadata: input.metadata,
    sendAt: readSendAt(input.sendAt, deps.clock.now()),
    resends: null,
  }
  const challenge = makeChallenge(deps, tenant, wanted, (challengeId) => {
    const random = deps.random.bytes(16)
    const { token, ...secret } = mintLinkToken(deps.pepper, { tenantId: tenant.id, challengeId, random })
    return {
      secret,
      payload: { link: `${deps.publicUrl}/l#${token}` },
      codeChallenge: input.codeChallenge ?? null,
      redirectUrl,
      ttlSeconds: tenant.linkTtlSeconds,
      withheld: tenant.testDestinations.some(({ to }) => to === identifier.identityKey),
    }
  })
  return issueChallenge(run, challenge)
}
