// GET /v1/browser/session

import { envelope } from '@postern/contracts/envelope'
import { CurrentSession } from '@postern/contracts/http/browser'
import { alone } from '@postern/db/with-tenant'
import { browserCaller, tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../../context.ts'
import { readBrowserSession } from './read-session.ts'

const schema = {
  tags: ['Browser mode'],
  summary: 'Tell a page who is signed in',
  response: { 200: envelope(CurrentSession) },
}

export function readBrowserSessionRoute(app: HttpApp, context: GatewayContext): void {
  app.get('/v1/browser/session', { schema }, async (request) => {
    const caller = browserCaller(request)
    const run = alone(context.database, tenantScope(request))
    return ok(request, await readBrowserSession(run, caller))
  })
}
