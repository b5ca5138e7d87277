// DELETE /v1/users/{id}/sessions?except=<id>: signs a user out everywhere, or everywhere else.

import { envelope } from '@postern/contracts/envelope'
import { IdParams, Uuid } from '@postern/contracts/http/fields'
import { RevokedSessions } from '@postern/contracts/http/session'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import { Type } from 'typebox'
import type { GatewayContext } from '../context.ts'
import { revokeUserSessions } from './revoke-user-sessions.ts'

const schema = {
  tags: ['Sessions'],
  summary: 'End every session of a user, or all but one',
  params: IdParams,
  querystring: Type.Object({ except: Type.Optional(Uuid) }, { additionalProperties: false }),
  response: { 200: envelope(RevokedSessions) },
}

export function revokeUserSessionsRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('sessions:write')
  app.delete('/v1/users/:id/sessions', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    const which = { userId: request.params.id, except: request.query.except ?? null }
    const revoked = await revokeUserSessions(alone(context.database, scope), scope.tenantId, which)
    context.nudge()
    return ok(request, revoked)
  })
}
