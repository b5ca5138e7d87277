// GET /v1/users/{id}

import { envelope } from '@postern/contracts/envelope'
import { IdParams } from '@postern/contracts/http/fields'
import { UserRecord } from '@postern/contracts/http/user'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { readUser } from './read-user.ts'

const schema = {
  tags: ['Users'],
  summary: 'Read a user',
  params: IdParams,
  response: { 200: envelope(UserRecord) },
}

export function readUserRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('users:read')
  app.get('/v1/users/:id', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    return ok(request, await readUser(alone(context.database, scope), scope.tenantId, request.params.id))
  })
}
