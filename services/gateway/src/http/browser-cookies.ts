// The cookies of browser mode. All are `__Host-`: over TLS only, for this host alone, never set by a sibling's page.

import type {} from '@fastify/cookie'
import type { Clock } from '@postern/service-kit/clock'
import type { BrowserCookie } from '@postern/token/browser-place'
import { readRefreshToken } from '@postern/token/refresh-token'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CsrfProof } from '../browser/csrf.ts'
import { type CsrfDeps, newCsrfToken } from '../browser/mint-csrf-token.ts'
import type { SessionSecret } from '../browser/session/session-secret.ts'

const SESSION_COOKIE = '__Host-postern_session'
const VISITOR_COOKIE = '__Host-postern_visitor'
const CSRF_COOKIE = '__Host-XSRF-TOKEN'
const CSRF_HEADER = 'x-csrf-token'

const VISITOR = /^[A-Za-z0-9_-]{43}$/
const HOST_ONLY = { path: '/', secure: true, sameSite: 'lax' } as const
const UNREADABLE = { ...HOST_ONLY, httpOnly: true }

/** What tells this browser from another: a session's cookie before a visitor's; null when neither has its form. */
export function browserCookie(request: FastifyRequest): BrowserCookie | null {
  const { [SESSION_COOKIE]: session, [VISITOR_COOKIE]: visitor } = request.cookies
  if (session !== undefined && readRefreshToken(session) !== null) return { kind: 'session', value: session }
  if (visitor !== undefined && VISITOR.test(visitor)) return { kind: 'visitor', value: visitor }
  return null
}

/** What the request shows of its CSRF token. */
export function csrfProof(request: FastifyRequest): CsrfProof {
  const header = request.headers[CSRF_HEADER]
  return { header: typeof header === 'string' ? header : undefined, cookie: request.cookies[CSRF_COOKIE] }
}

/** Gives a browser that was not here its id and its token. Both go with the browser's own session. */
export function setVisitor(reply: FastifyReply, visitor: string, csrfToken: string): void {
  reply.setCookie(VISITOR_COOKIE, visitor, UNREADABLE)
  setCsrfToken(reply, csrfToken)
}

/** The page reads this one and sends it back as a header. */
export function setCsrfToken(reply: FastifyReply, csrfToken: string): void {
  reply.setCookie(CSRF_COOKIE, csrfToken, HOST_ONLY)
}

/** Gives the browser its session, for as long as that lives, and a CSRF token of it; what it was before is over. */
export function giveSession(
  deps: CsrfDeps & { clock: Clock },
  reply: FastifyReply,
  tenantId: string,
  { secret, endsAt }: SessionSecret,
): void {
  const maxAge = Math.max(0, Math.floor((endsAt.getTime() - deps.clock.now().getTime()) / 1_000))
  reply.setCookie(SESSION_COOKIE, secret, { ...UNREADABLE, maxAge })
  reply.clearCookie(VISITOR_COOKIE, UNREADABLE)
  setCsrfToken(reply, newCsrfToken(deps, { tenantId, cookie: { kind: 'session', value: secret } }))
}

/** Takes everything back; the next one who sits here is a new visitor. */
export function clearCookies(reply: FastifyReply): void {
  reply.clearCookie(SESSION_COOKIE, UNREADABLE)
  reply.clearCookie(VISITOR_COOKIE, UNREADABLE)
  reply.clearCookie(CSRF_COOKIE, HOST_ONLY)
}
