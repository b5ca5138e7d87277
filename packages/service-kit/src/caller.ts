// Who calls, as authentication found out; routes read it from `request.caller`.

import type { ChainMethod, FirstFactor } from '@postern/contracts/challenge'
import type { Scope } from '@postern/contracts/scopes'
import { currentTraceparent } from '@postern/telemetry/traceparent'
import type { BrowserCookie } from '@postern/token/browser-place'
import type { FastifyRequest } from 'fastify'
import { AppError } from './app-error.ts'

export interface CallerTenant {
  readonly id: string
  readonly name: string
  readonly slug: string
  readonly audience: string
  readonly allowedRedirects: readonly string[]
  readonly browserHosts: readonly string[]
  readonly linkTtlSeconds: number
  /** What a sign-in may begin with. */
  readonly firstFactors: readonly FirstFactor[]
  /** What a sign-in needs after its first factor, in this order. */
  readonly factorChain: readonly ChainMethod[]
  /** Nothing is sent to these; the code proves them. Empty where this process does not allow them. */
  readonly testDestinations: readonly TestDestination[]
  readonly sessionIdleSeconds: number
  readonly sessionAbsoluteSeconds: number
}

export interface TestDestination {
  /** the identity key of an e-mail address, or a phone number in E.164 */
  readonly to: string
  /** six digits */
  readonly code: string
}

export interface ApiKeyCaller {
  readonly kind: 'api_key'
  readonly tenantId: string
  readonly apiKeyId: string
  readonly scopes: readonly Scope[]
  /** The tenant's settings as of the look-up: at most 60 s old, and not older than their last change by a second. */
  readonly tenant: CallerTenant
}

export interface OperatorCaller {
  readonly kind: 'operator'
}

/** A page on one of the tenant's browser hosts. Nothing says yet who sits before it. */
export interface BrowserCaller {
  readonly kind: 'browser'
  readonly tenantId: string
  /** As for an API key. */
  readonly tenant: CallerTenant
  /** What tells this browser from another; null: it has not been here. Whether a session's is good its row knows. */
  readonly cookie: BrowserCookie | null
}

export type Caller = ApiKeyCaller | OperatorCaller | BrowserCaller

/** The authenticated API key of a route that requires a scope. */
export function apiKeyCaller(request: FastifyRequest): ApiKeyCaller {
  if (request.caller?.kind === 'api_key') return request.caller
  throw new AppError('UNAUTHENTICATED', { reason: 'the route asks for no API key' })
}

/** The page that a route of browser mode was called by. */
export function browserCaller(request: FastifyRequest): BrowserCaller {
  if (request.caller?.kind === 'browser') return request.caller
  throw new AppError('UNAUTHENTICATED', { reason: 'the route is not for pages' })
}

/** The actor as events tell it: `api_key:<uuid>`, `operator:admin` or `visitor:browser`. */
export function actorOf(caller: Caller): string {
  if (caller.kind === 'browser') return 'visitor:browser'
  return caller.kind === 'api_key' ? `api_key:${caller.apiKeyId}` : 'operator:admin'
}

/** Under which tenant, actor, request and trace the database is to act for this request (db's `TenantScope`). */
export function tenantScope(request: FastifyRequest) {
  const { caller } = request
  if (caller === null || caller.kind === 'operator')
    throw new AppError('UNAUTHENTICATED', { reason: 'no tenant’s back end or page' })
  return scopeFor(request, caller.tenantId)
}

/** The same for a tenant that is known from elsewhere: an operator's path, verified data of a vendor. */
export function scopeFor(request: FastifyRequest, tenantId: string, actor?: string) {
  const who = actor ?? (request.caller === null ? undefined : actorOf(request.caller))
  if (who === undefined) throw new AppError('UNAUTHENTICATED', { reason: 'nobody was authenticated' })
  return { tenantId, actor: who, requestId: request.id, traceparent: currentTraceparent() }
}
