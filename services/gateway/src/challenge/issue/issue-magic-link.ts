// Issues a magic link and the mail that carries it.

import type { TenantRun } from '@postern/db/with-tenant'
import type { CallerTenant } from '@postern/service-kit/caller'
import { mintLinkToken } from '@postern/token/link-token'
import { readEmail } from '../identifier.ts'
import { chooseRedirect } from '../redirect.ts'
import { type IssueResult, issueChallenge } from './issue-challenge.ts'
import { type IssueDeps, makeChallenge } from './make-challenge.ts'
import { type IssueInput, readWanted } from './read-wanted.ts'

export interface IssueMagicLinkInput extends IssueInput {
  email: string
  redirectUrl: string | undefined
  /** PKCE, S256 */
  codeChallenge: string | undefined
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
  const wanted = readWanted(deps, tenant, { identifier, method: 'magic_link' }, input)
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
