// DELETE /v1/users/{id}. A repeat answers the same.

import { envelope } from '@postern/contracts/envelope'
import { IdParams } from '@postern/contracts/http/fields'
import { ErasedUser } from '@postern/contracts/http/user'
import { within, withTenant } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../../context.ts'
import { eraseUser } from './erase-user.ts'

const schema = {
  tags: ['Users'],
  summary: 'Erase a user',
  params: IdParams,
  response: { 200: envelope(ErasedUser) },
}

export function eraseUserRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('users:write')
  app.delete('/v1/users/:id', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    const erased = await withTenant(context.database.db, scope, (trx) =>
      eraseUser(context, within(trx, scope), scope.tenantId, request.params.id),
    )
    context.nudge()
    return ok(request, erased)
  })
}
