// DELETE /v1/sessions/{id}. Every process refuses the session within a second.

import { envelope } from '@postern/contracts/envelope'
import { IdParams } from '@postern/contracts/http/fields'
import { RevokedSession } from '@postern/contracts/http/session'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { revokeSession } from './revoke-session.ts'

const schema = {
  tags: ['Sessions'],
  summary: 'End a session',
  params: IdParams,
  response: { 200: envelope(RevokedSession) },
}

export function revokeSessionRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('sessions:write')
  app.delete('/v1/sessions/:id', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    const revoked = await revokeSession(alone(context.database, scope), scope.tenantId, request.params.id)
    context.nudge()
    return ok(request, revoked)
  })
}
