// Verifies a magic link once. The token proves itself before the database is asked.

import type { SignInResult } from '@postern/contracts/http/sign-in-result'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { SignInTenant } from '../session/mint-sign-in.ts'
import { refusalCode } from './challenge.ts'
import { type ProveDeps, type Prover, proveChallenge } from './prove-challenge.ts'
import { type BroughtLink, readLink } from './read-proof.ts'

export type PresentedLink = BroughtLink & Prover

/**
 * Spends the link and opens what its purpose opens.
 * @throws AppError INVALID_TOKEN, TOKEN_EXPIRED, TOKEN_USED, TOKEN_SUPERSEDED, ACCOUNT_DISABLED, SESSION_REVOKED
 */
export async function verifyMagicLink(
  deps: ProveDeps,
  run: TenantRun,
  tenant: SignInTenant,
  { token, codeVerifier, ...prover }: PresentedLink,
): Promise<SignInResult> {
  const link = readLink(deps.pepper, tenant.id, { token, codeVerifier })
  const proven = await proveChallenge(deps, run, tenant, { ...link, ...prover })
  if (proven.kind === 'proven') return proven.result
  throw new AppError(refusalCode('magic_link', proven.reason), {
    reason: `link token refused: ${proven.reason}`,
  })
}
