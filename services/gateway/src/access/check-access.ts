// Decides about one access token, or one browser's cookie: ours, of this tenant, in its time, and of a session that stands.
// Where memory answers, nobody else is asked.

import { AppError } from '@postern/service-kit/app-error'
import type { Clock } from '@postern/service-kit/clock'
import { readRefreshToken } from '@postern/token/refresh-token'
import type { KnownTokens } from './known-tokens.ts'
import { cookieKey, type KnownCookies } from './open-known-cookies.ts'
import { type KnownSession, type KnownSessions, NO_HOLDS_MS, sessionKey } from './open-known-sessions.ts'

export interface AccessDeps {
  tokens: KnownTokens
  sessions: KnownSessions
  cookies: KnownCookies
  clock: Clock
}

/** A session whose holder was proven just now. */
export interface LiveSession {
  tenantId: string
  sessionId: string
  userId: string
  /** as the credential tells it: a session that was raised since has a newer token */
  acr: string
  emailVerified: boolean
  /** milliseconds of our clock: when this was so */
  readAt: number
}

/**
 * The session of a bearer token.
 * @throws AppError INVALID_TOKEN, TOKEN_EXPIRED, SESSION_REVOKED
 */
export async function sessionOfToken(
  { tokens, sessions }: AccessDeps,
  token: string,
  tenantId: string,
): Promise<LiveSession> {
  const read = await tokens.read(token)
  if (read === null) throw new AppError('INVALID_TOKEN', { reason: 'not an access token of ours' })
  const { claims, isExpired } = read
  if (claims.tid !== tenantId)
    throw new AppError('INVALID_TOKEN', { reason: "another tenant's access token" })
  if (isExpired) throw new AppError('TOKEN_EXPIRED', { reason: 'the access token has expired' })
  const known = await sessions.find(sessionKey(claims.tid, claims.sid))
  if (known === undefined || known.userId !== claims.sub || known.audience !== claims.aud)
    throw new AppError('INVALID_TOKEN', { reason: 'the access token names no session for its audience' })
  return liveSession(known, claims.acr)
}

/**
 * The session of a browser's cookie.
 * @throws AppError INVALID_TOKEN, SESSION_REVOKED
 */
export async function sessionOfCookie(
  { cookies, sessions }: AccessDeps,
  secret: string,
  tenantId: string,
): Promise<LiveSession> {
  const read = readRefreshToken(secret)
  const cookie = read && (await cookies.find(cookieKey(tenantId, read)))
  if (!read || !cookie) throw new AppError('INVALID_TOKEN', { reason: 'the cookie is of no live session' })
  const known = await sessions.find(sessionKey(tenantId, read.sessionId))
  if (known === undefined) throw new AppError('INVALID_TOKEN', { reason: 'the cookie names no session' })
  return liveSession(known, cookie.acr)
}

/** @throws AppError SESSION_REVOKED */
function liveSession(known: KnownSession, acr: string): LiveSession {
  if (known.state !== 'live')
    throw new AppError('SESSION_REVOKED', { reason: `the session does not stand: ${known.state}` })
  return {
    tenantId: known.tenantId,
    sessionId: known.sessionId,
    userId: known.userId,
    acr,
    emailVerified: known.emailVerifiedAt !== null,
    readAt: known.readAt,
  }
}

/** @throws AppError EMAIL_NOT_VERIFIED */
export async function demandVerifiedEmail(
  { sessions, clock }: AccessDeps,
  session: LiveSession,
): Promise<void> {
  if (session.emailVerified) return
  // Who has just proved the address is not sent away for what was remembered before.
  const isOld = clock.now().getTime() - session.readAt >= NO_HOLDS_MS
  const anew = isOld ? await sessions.findAnew(sessionKey(session.tenantId, session.sessionId)) : undefined
  if (anew?.state !== 'live' || anew.emailVerifiedAt === null)
    throw new AppError('EMAIL_NOT_VERIFIED', { reason: 'the user has no verified address' })
}
