// DELETE /v1/browser/session: ends the session for every process, and takes every cookie back. A repeat answers the same.

import { envelope } from '@postern/contracts/envelope'
import { SignedOut } from '@postern/contracts/http/browser'
import { alone } from '@postern/db/with-tenant'
import { browserCaller, tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../../context.ts'
import { clearCookies } from '../../http/browser-cookies.ts'
import { endBrowserSession } from './end-session.ts'

const schema = {
  tags: ['Browser mode'],
  summary: 'Sign out',
  response: { 200: envelope(SignedOut) },
}

export function endBrowserSessionRoute(app: HttpApp, context: GatewayContext): void {
  app.delete('/v1/browser/session', { schema }, async (request, reply) => {
    const caller = browserCaller(request)
    await endBrowserSession(alone(context.database, tenantScope(request)), caller)
    context.nudge()
    clearCookies(reply)
    return ok(request, { signed_out: true as const })
  })
}
