// Tells what a token of this tenant is good for (RFC 7662). Always asks Postgres; whatever is not good is told alike.

import type { FactorMethod } from '@postern/contracts/challenge'
import type { Introspection } from '@postern/contracts/http/introspection'
import type { TenantRun } from '@postern/db/with-tenant'
import { readRefreshToken } from '@postern/token/refresh-token'
import type { KnownTokens } from './known-tokens.ts'
import { findStanding } from './standing.store.ts'
import type { Standing } from './standing.ts'

export interface IntrospectDeps {
  access: { tokens: KnownTokens }
  issuer: string
}

const INACTIVE = { active: false } as const

/** Takes access tokens and the API's refresh tokens. */
export async function introspectToken(
  deps: IntrospectDeps,
  run: TenantRun,
  tenantId: string,
  token: string,
): Promise<Introspection> {
  return token.includes('.')
    ? accessToken(deps, run, tenantId, token)
    : refreshToken(deps, run, tenantId, token)
}

async function accessToken(
  { access }: IntrospectDeps,
  run: TenantRun,
  tenantId: string,
  token: string,
): Promise<Introspection> {
  const read = await access.tokens.read(token)
  if (read === null || read.isExpired || read.claims.tid !== tenantId) return INACTIVE
  const { sid, sub, aud, iss, amr, acr, iat, exp, jti } = read.claims
  const standing = await findStanding(run, { tenantId, sessionId: sid, refreshDigest: null })
  if (standing?.state !== 'live' || standing.userId !== sub || standing.audience !== aud) return INACTIVE
  return {
    active: true,
    token_type: 'Bearer',
    iss,
    aud,
    sub,
    sid,
    tid: tenantId,
    amr: amr as FactorMethod[],
    acr,
    iat,
    exp,
    jti,
    email_verified_at: emailVerifiedAt(standing),
  }
}

async function refreshToken(
  { issuer }: IntrospectDeps,
  run: TenantRun,
  tenantId: string,
  token: string,
): Promise<Introspection> {
  const read = readRefreshToken(token)
  if (read === null) return INACTIVE
  const standing = await findStanding(run, {
    tenantId,
    sessionId: read.sessionId,
    refreshDigest: read.digest,
  })
  if (standing?.state !== 'live' || standing.kind !== 'api' || standing.refreshMadeAt === null)
    return INACTIVE
  return {
    active: true,
    token_type: 'refresh_token',
    iss: issuer,
    aud: standing.audience,
    sub: standing.userId,
    sid: standing.sessionId,
    tid: tenantId,
    amr: standing.amr,
    acr: standing.acr,
    iat: seconds(standing.refreshMadeAt),
    exp: seconds(standing.endsAt),
    email_verified_at: emailVerifiedAt(standing),
  }
}

const emailVerifiedAt = ({ emailVerifiedAt: at }: Standing) => at?.toISOString() ?? null
const seconds = (at: Date) => Math.floor(at.getTime() / 1_000)
