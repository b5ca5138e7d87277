// Verifies a magic link once. The token proves itself before the database is asked.

import type { SignInResult } from '@postern/contracts/http/sign-in-result'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { readLinkToken } from '@postern/token/link-token'
import { challengeOf } from '@postern/token/pkce'
import { type MintDeps, mintSignIn, type SignInTenant } from '../session/mint-sign-in.ts'
import type { Client } from '../session/session.ts'
import type { SignDeps } from '../session/sign-access.ts'
import { tellSignIn } from '../session/tell-sign-in.ts'
import { refusalCode } from './challenge.ts'
import { consumeChallenge } from './consume-challenge.store.ts'

export type VerifyDeps = SignDeps & MintDeps

export interface VerifyInput {
  token: string
  codeVerifier: string | undefined
  client: Client
}

/**
 * Spends the link and opens what its purpose opens.
 * @throws AppError INVALID_TOKEN, TOKEN_EXPIRED, TOKEN_USED, TOKEN_SUPERSEDED, ACCOUNT_DISABLED
 */
export async function verifyMagicLink(
  deps: VerifyDeps,
  run: TenantRun,
  tenant: SignInTenant,
  input: VerifyInput,
): Promise<SignInResult> {
  const token = readLinkToken(deps.pepper, input.token)
  if (token === null) throw new AppError('INVALID_TOKEN', { reason: 'link token is forged or damaged' })
  if (token.tenantId !== tenant.id)
    throw new AppError('INVALID_TOKEN', { reason: 'link token of another tenant' })

  const { rows, secrets } = mintSignIn(deps, tenant, input.client)
  const consumed = await consumeChallenge(run, {
    tenantId: tenant.id,
    challengeId: token.challengeId,
    digest: token.digest,
    codeChallenge: input.codeVerifier === undefined ? null : challengeOf(input.codeVerifier),
    newUserId: deps.random.uuid(),
    signIn: rows,
  })
  if (consumed.kind === 'unknown')
    throw new AppError('INVALID_TOKEN', { reason: 'link token has no challenge' })
  if (consumed.kind === 'refused') {
    throw new AppError(refusalCode(consumed.reason), { reason: `link token refused: ${consumed.reason}` })
  }
  return tellSignIn(deps, { ...consumed.proof, tenant, secrets })
}
