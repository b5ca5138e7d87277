// POST /v1/browser/session/refresh. Single use by nature, with the grace of a refresh token.

import { envelope } from '@postern/contracts/envelope'
import { RefreshedBrowserSession } from '@postern/contracts/http/browser'
import { alone } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { browserCaller, tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../../context.ts'
import { clearCookies, giveSession } from '../../http/browser-cookies.ts'
import { refreshBrowserSession } from './refresh-session.ts'

const schema = {
  tags: ['Browser mode'],
  summary: 'Renew the session and its CSRF token',
  response: { 200: envelope(RefreshedBrowserSession) },
}

export function refreshBrowserSessionRoute(app: HttpApp, context: GatewayContext): void {
  const count = (outcome: string) => context.metrics.sessionsRefreshed.add(1, { outcome })
  app.post('/v1/browser/session/refresh', { schema }, async (request, reply) => {
    const caller = browserCaller(request)
    const run = alone(context.database, tenantScope(request))
    try {
      const renewed = await refreshBrowserSession(context, run, caller)
      count(renewed.repeated ? 'repeated' : 'rotated')
      giveSession(context, reply, caller.tenantId, renewed)
      return ok(request, { session: renewed.session })
    } catch (error) {
      if (error instanceof AppError) {
        count(error.code.toLowerCase())
        if (isOver(error)) clearCookies(reply)
      }
      throw error
    } finally {
      context.nudge()
    }
  })
}

/** What is over stays over. `TOKEN_USED` is not: another tab has the new cookie, and this one has it too. */
const isOver = ({ code }: AppError) =>
  ['INVALID_TOKEN', 'TOKEN_EXPIRED', 'SESSION_REVOKED', 'REFRESH_REUSED', 'ACCOUNT_DISABLED'].includes(code)
