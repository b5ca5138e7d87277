// GET /v1/users/{id}/sessions: the devices on which a user is signed in, newest first.

import { envelope } from '@postern/contracts/envelope'
import { IdParams } from '@postern/contracts/http/fields'
import { PageQuery, page } from '@postern/contracts/http/paging'
import { Session } from '@postern/contracts/http/session'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import { Type } from 'typebox'
import type { GatewayContext } from '../context.ts'
import { listSessions } from './list-sessions.ts'

const schema = {
  tags: ['Sessions'],
  summary: 'List the live sessions of a user',
  params: IdParams,
  querystring: Type.Object(PageQuery, { additionalProperties: false }),
  response: { 200: envelope(page(Session)) },
}

export function listSessionsRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('sessions:read')
  app.get('/v1/users/:id/sessions', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    const { limit = 50, cursor = null } = request.query
    const run = alone(context.database, scope)
    return ok(request, await listSessions(run, scope.tenantId, request.params.id, { limit, cursor }))
  })
}
