// /v1/forward-auth: what a proxy asks before it passes a request on (NGINX auth_request, Traefik, Envoy ext_authz). It
// changes nothing, and while memory answers it asks nobody. docs/forward-auth.md has the proxies' side.

import { Uuid } from '@postern/contracts/http/fields'
import { AppError } from '@postern/service-kit/app-error'
import { bearerOf } from '@postern/service-kit/auth/bearer'
import type { HttpApp } from '@postern/service-kit/http-app'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { csrfFault } from '../browser/csrf.ts'
import { isSafe } from '../browser/fetch-metadata.ts'
import type { GatewayContext } from '../context.ts'
import { browserCookie, csrfProof } from '../http/browser-cookies.ts'
import { demandVerifiedEmail, type LiveSession, sessionOfCookie, sessionOfToken } from './check-access.ts'
import { ACR_VALUES, reaches } from './standing.ts'

const Query = Type.Object(
  {
    tenant: Uuid,
    require: Type.Optional(Type.Literal('email_verified')),
    acr: Type.Optional(Type.Enum(ACR_VALUES, { description: 'what must have been proven at least' })),
    status: Type.Optional(
      Type.Literal('200', { description: 'answer a yes with 200: Envoy takes nothing else for one' }),
    ),
  },
  { additionalProperties: false },
)

const schema = {
  tags: ['Tokens'],
  summary: 'Tell a proxy whether a request may pass, and whose it is',
  querystring: Query,
  response: { 200: Type.Null(), 204: Type.Null() },
}

/** Envoy asks with the method of the request that it asks about. */
const OTHER_METHODS = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

type Asked = FastifyRequest<{ Querystring: Static<typeof Query> }>

export function forwardAuthRoute(app: HttpApp, context: GatewayContext): void {
  const { access, metrics, settings } = context
  const count = (outcome: string) => metrics.accessChecks.add(1, { outcome })
  const config = { delegated: true }

  async function decide(request: Asked, reply: FastifyReply): Promise<void> {
    const { tenant, require, acr, status } = request.query
    const session = await sessionOf(request, tenant.toLowerCase())
    if (acr !== undefined && !reaches(session.acr, acr)) throw moreIsDemanded(reply, acr)
    if (require !== undefined) await demandVerifiedEmail(access, session)
    reply.header('x-postern-user', session.userId)
    reply.header('x-postern-session', session.sessionId)
    reply.header('x-postern-tenant', session.tenantId)
    reply.code(status === undefined ? 204 : 200)
  }

  /** A bearer token, where one came; else the cookie of browser mode. */
  async function sessionOf(request: Asked, tenantId: string): Promise<LiveSession> {
    const cookie = request.headers.authorization === undefined ? browserCookie(request) : null
    if (cookie?.kind !== 'session') return sessionOfToken(access, bearerOf(request), tenantId)
    const session = await sessionOfCookie(access, cookie.value, tenantId)
    if (settings.csrfEnabled && changesSomething(request)) {
      const fault = csrfFault(context.csrf, tenantId, cookie, csrfProof(request))
      if (fault !== undefined) throw new AppError('CSRF_FAILED', { reason: fault })
    }
    return session
  }

  async function handler(request: Asked, reply: FastifyReply): Promise<null> {
    try {
      await decide(request, reply)
      count('allowed')
      return null
    } catch (error) {
      count(error instanceof AppError ? error.code.toLowerCase() : 'failed')
      throw error
    }
  }

  app.get('/v1/forward-auth', { config, schema }, handler)
  app.route({
    method: OTHER_METHODS,
    url: '/v1/forward-auth',
    config,
    schema: { ...schema, hide: true },
    handler,
  })
}

/** Whether anybody says that the request which is asked about does more than read: the proxy, or the way it asks. */
function changesSomething({ method, headers }: FastifyRequest): boolean {
  const told = [headers['x-original-method'], headers['x-forwarded-method'], method]
  return told.some((each) => each !== undefined && !isSafe(String(each)))
}

/** The step-up challenge of RFC 9470: the credential is good, and the person has to prove more. */
function moreIsDemanded(reply: FastifyReply, acr: string): AppError {
  const challenge = `Bearer realm="postern", error="insufficient_user_authentication", acr_values="${acr}"`
  reply.header('www-authenticate', challenge)
  return new AppError('UNAUTHENTICATED', { reason: 'the session proved less than is demanded' })
}
