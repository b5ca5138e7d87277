// Makes the secrets of a session before its row is written, and its tokens after.

import type { FactorMethod } from '@postern/contracts/challenge'
import type { SessionTokens } from '@postern/contracts/http/sign-in-result'
import type { Clock } from '@postern/service-kit/clock'
import type { Random } from '@postern/service-kit/random'
import { signAccessToken } from '@postern/token/access-token'
import type { KeyRing } from '@postern/token/key-ring'
import { mintRefreshToken } from '@postern/token/refresh-token'
import { ABSOLUTE_SECONDS, ACCESS_SECONDS, IDLE_SECONDS, type NewSession, ONE_FACTOR } from './session.ts'

export interface SessionDeps {
  jwt: KeyRing
  clock: Clock
  random: Random
  issuer: string
}

/** A session that one factor opens, with its first refresh token. */
export function prepareSession(
  random: Random,
  method: FactorMethod,
): { session: NewSession; refreshToken: string } {
  const id = random.uuid()
  const refresh = mintRefreshToken(random.bytes(32), { sessionId: id })
  const session = {
    id,
    refreshDigest: refresh.digest,
    amr: [method],
    acr: ONE_FACTOR,
    idleSeconds: IDLE_SECONDS,
    absoluteSeconds: ABSOLUTE_SECONDS,
  }
  return { session, refreshToken: refresh.token }
}

export interface OpenedSession {
  tenant: { id: string; audience: string }
  userId: string
  session: NewSession
  refreshToken: string
  refreshExpiresAt: Date
}

/** The tokens of a session whose row is committed. */
export async function sessionTokens(deps: SessionDeps, opened: OpenedSession): Promise<SessionTokens> {
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
    access_token: await signAccessToken(deps.jwt, claims, now, ACCESS_SECONDS),
    token_type: 'Bearer',
    expires_in: ACCESS_SECONDS,
    refresh_token: opened.refreshToken,
    refresh_expires_at: opened.refreshExpiresAt.toISOString(),
    amr: [...session.amr],
    acr: session.acr,
  }
}
