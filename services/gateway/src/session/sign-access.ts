// The tokens of a session whose rows are committed.

import type { FactorMethod } from '@postern/contracts/challenge'
import type { SessionTokens } from '@postern/contracts/http/sign-in-result'
import type { Random } from '@postern/service-kit/random'
import { ACCESS_SECONDS } from '@postern/token/access-token'
import type { KnownTokens } from '../access/known-tokens.ts'

export interface SignDeps {
  access: { tokens: KnownTokens }
  random: Random
}

export interface OpenSession {
  tenant: { id: string; audience: string }
  userId: string
  session: { id: string; amr: readonly FactorMethod[]; acr: string }
  refreshToken: string
  refreshExpiresAt: Date
}

/** Signs the access token and tells it with the refresh token. */
export async function sessionTokens(deps: SignDeps, opened: OpenSession): Promise<SessionTokens> {
  const { tenant, session } = opened
  const claims = {
    aud: tenant.audience,
    sub: opened.userId,
    sid: session.id,
    tid: tenant.id,
    amr: session.amr,
    acr: session.acr,
    jti: deps.random.uuid(),
  }
  return {
    id: session.id,
    access_token: await deps.access.tokens.sign(claims),
    token_type: 'Bearer',
    expires_in: ACCESS_SECONDS,
    refresh_token: opened.refreshToken,
    refresh_expires_at: opened.refreshExpiresAt.toISOString(),
    amr: [...session.amr],
    acr: session.acr,
  }
}
