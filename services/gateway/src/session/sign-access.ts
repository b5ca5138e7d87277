// The tokens of a session whose rows are committed.

import type { FactorMethod } from '@postern/contracts/challenge'
import type { SessionTokens } from '@postern/contracts/http/sign-in-result'
import type { Clock } from '@postern/service-kit/clock'
import type { Random } from '@postern/service-kit/random'
import { ACCESS_SECONDS, signAccessToken } from '@postern/token/access-token'
import type { KeyRing } from '@postern/token/key-ring'

export interface SignDeps {
  jwt: KeyRing
  clock: Clock
  random: Random
  issuer: string
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
    iss: deps.issuer,
    aud: tenant.audience,
    sub: opened.userId,
    sid: session.id,
    tid: tenant.id,
    amr: session.amr,
    acr: session.acr,
    jti: deps.random.uuid(),
  }
  const now = Math.floor(deps.clock.now().getTime() / 1_000)
  return {
    id: session.id,
    access_token: await signAccessToken(deps.jwt, claims, now),
    token_type: 'Bearer',
    expires_in: ACCESS_SECONDS,
    refresh_token: opened.refreshToken,
    refresh_expires_at: opened.refreshExpiresAt.toISOString(),
    amr: [...session.amr],
    acr: session.acr,
  }
}
