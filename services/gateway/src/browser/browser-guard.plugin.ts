// What every route of browser mode asks before anything else, whichever route it is: the host belongs to a tenant, a page
// of that tenant's sent the request, and what changes something carries this browser's CSRF token.

import cookies from '@fastify/cookie'
import { AppError } from '@postern/service-kit/app-error'
import type { CallerTenant } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import type { KeyRing } from '@postern/token/key-ring'
import type { FastifyRequest } from 'fastify'
import { browserCookie, csrfProof } from '../http/browser-cookies.ts'
import { csrfFault } from './csrf.ts'
import { isSafe, sourceFault } from './fetch-metadata.ts'
import type { BrowserTenants } from './host/open-browser-tenants.ts'

export const BROWSER_PATH = '/v1/browser/'

export interface BrowserGuardOptions {
  tenants: BrowserTenants
  csrf: KeyRing
  csrfEnabled: boolean
  /** Whether pages that came without TLS count: at a desk. */
  plainHttp: boolean
}

/** Puts the guard before every route below `/v1/browser/` that is registered after it. */
export async function guardBrowserRoutes(app: HttpApp, options: BrowserGuardOptions): Promise<void> {
  const { tenants, csrf, csrfEnabled, plainHttp } = options
  if (!csrfEnabled) {
    const setting = 'POSTERN_CSRF_ENABLED'
    app.log.error({ setting }, 'CSRF tokens are switched off: any page may act for who is signed in')
  }
  await app.register(cookies)
  app.addHook('onRoute', (route) => {
    if (!route.url.startsWith(BROWSER_PATH)) return
    route.onRequest = [guard, ...[route.onRequest ?? []].flat()]
    route.config = { ...route.config, browser: true }
  })

  async function guard(request: FastifyRequest): Promise<void> {
    const tenant = await tenantOf(request)
    const source = {
      origin: request.headers.origin,
      site: oneHeader(request, 'sec-fetch-site'),
      safe: isSafe(request.method),
    }
    const fault = sourceFault(source, { browserHosts: tenant.browserHosts, plainHttp })
    if (fault !== undefined) throw new AppError('CSRF_FAILED', { reason: fault })
    const cookie = browserCookie(request)
    request.caller = { kind: 'browser', tenantId: tenant.id, tenant, cookie }
    if (source.safe || !csrfEnabled) return
    const mismatch = csrfFault(csrf, tenant.id, cookie, csrfProof(request))
    if (mismatch !== undefined) throw new AppError('CSRF_FAILED', { reason: mismatch })
  }

  async function tenantOf(request: FastifyRequest): Promise<CallerTenant> {
    const tenant = await tenants.find(request.host)
    if (tenant === undefined) throw new AppError('NOT_FOUND', { reason: 'not a browser host' })
    return tenant
  }
}

const oneHeader = ({ headers }: FastifyRequest, name: string) => {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}
