// Verifies a magic link once. The token proves itself before the database is asked.

import type { SignInResult } from '@postern/contracts/http/sign-in-result'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { readLinkToken } from '@postern/token/link-token'
import { challengeOf } from '@postern/token/pkce'
import type { SignInTenant } from '../session/mint-sign-in.ts'
import { refusalCode } from './challenge.ts'
import { type ProveDeps, type Prover, proveChallenge } from './prove-challenge.ts'

export interface PresentedLink extends Prover {
  token: string
  codeVerifier: string | undefined
}

/**
 * Spends the link and opens what its purpose opens.
 * @throws AppError INVALID_TOKEN, TOKEN_EXPIRED, TOKEN_USED, TOKEN_SUPERSEDED, ACCOUNT_DISABLED, SESSION_REVOKED
 */
export async function verifyMagicLink(
  deps: ProveDeps,
  run: TenantRun,
  tenant: SignInTenant,
  { token: text, codeVerifier, ...prover }: PresentedLink,
): Promise<SignInResult> {
  const token = readLinkToken(deps.pepper, text)
  if (token === null) throw new AppError('INVALID_TOKEN', { reason: 'link token is forged or damaged' })
  if (token.tenantId !== tenant.id)
    throw new AppError('INVALID_TOKEN', { reason: 'link token of another tenant' })

  const proven = await proveChallenge(deps, run, tenant, {
    challengeId: token.challengeId,
    kind: 'magic_link',
    digests: [{ version: token.keyVersion, digest: token.digest }],
    codeChallenge: codeVerifier === undefined ? null : challengeOf(codeVerifier),
    ...prover,
  })
  if (proven.kind === 'proven') return proven.result
  throw new AppError(refusalCode('magic_link', proven.reason), {
    reason: `link token refused: ${proven.reason}`,
  })
}
