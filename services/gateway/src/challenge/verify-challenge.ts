// Verifies a magic link once. The token proves itself before the database is asked.

import type { SignInResult } from '@postern/contracts/http/sign-in-result'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { KeyRing } from '@postern/token/key-ring'
import { readLinkToken } from '@postern/token/link-token'
import { challengeOf } from '@postern/token/pkce'
import { prepareSession, type SessionDeps, sessionTokens } from '../session/mint-session.ts'
import { refusalCode } from './challenge.ts'
import { type Consumption, consumeChallenge } from './consume-challenge.store.ts'

export interface VerifyDeps extends SessionDeps {
  pepper: KeyRing
}

export interface VerifyInput {
  token: string
  codeVerifier: string | undefined
}

/**
 * Spends the link and opens what its purpose opens.
 * @throws AppError INVALID_TOKEN, TOKEN_EXPIRED, TOKEN_USED, TOKEN_SUPERSEDED, ACCOUNT_DISABLED
 */
export async function verifyMagicLink(
  deps: VerifyDeps,
  run: TenantRun,
  tenant: { id: string; audience: string },
  input: VerifyInput,
): Promise<SignInResult> {
  const token = readLinkToken(deps.pepper, input.token)
  if (token === null) throw new AppError('INVALID_TOKEN', { reason: 'link token is forged or damaged' })
  if (token.tenantId !== tenant.id)
    throw new AppError('INVALID_TOKEN', { reason: 'link token of another tenant' })

  const { session, refreshToken } = prepareSession(deps.random, 'magic_link')
  const consumed = await consumeChallenge(run, {
    tenantId: tenant.id,
    challengeId: token.challengeId,
    digest: token.digest,
    codeChallenge: input.codeVerifier === undefined ? null : challengeOf(input.codeVerifier),
    newUserId: deps.random.uuid(),
    session,
  })
  if (consumed.kind === 'unknown')
    throw new AppError('INVALID_TOKEN', { reason: 'link token has no challenge' })
  if (consumed.kind === 'refused') {
    throw new AppError(refusalCode(consumed.reason), { reason: `link token refused: ${consumed.reason}` })
  }

  const { proof } = consumed
  const refreshExpiresAt = proof.refreshExpiresAt
  const tokens =
    refreshExpiresAt &&
    (await sessionTokens(deps, { tenant, userId: proof.user.id, session, refreshToken, refreshExpiresAt }))
  return { ...answer(proof), session: tokens, mfa: null }
}

const answer = ({ user, created, purpose }: Consumption) => ({
  user: {
    id: user.id,
    email: user.email,
    email_verified_at: user.email_verified_at?.toISOString() ?? null,
    phone: user.phone,
    phone_verified_at: user.phone_verified_at?.toISOString() ?? null,
    is_active: user.is_active,
    created_at: user.created_at.toISOString(),
  },
  created,
  purpose,
})
