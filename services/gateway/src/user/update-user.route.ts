// PATCH /v1/users/{id}. Disabling holds within a second, in every process.

import { envelope } from '@postern/contracts/envelope'
import { IdParams } from '@postern/contracts/http/fields'
import { PatchUserBody, UserRecord } from '@postern/contracts/http/user'
import { within, withTenant } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { updateUser } from './update-user.ts'

const schema = {
  tags: ['Users'],
  summary: 'Change, disable or enable a user',
  params: IdParams,
  body: PatchUserBody,
  response: { 200: envelope(UserRecord) },
}

export function updateUserRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('users:write')
  app.patch('/v1/users/:id', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    const user = await withTenant(context.database.db, scope, (trx) =>
      updateUser(within(trx, scope), scope.tenantId, request.params.id, request.body),
    )
    context.nudge()
    return ok(request, user)
  })
}
