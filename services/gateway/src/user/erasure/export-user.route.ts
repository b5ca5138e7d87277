// GET /v1/users/{id}/export

import { envelope } from '@postern/contracts/envelope'
import { IdParams } from '@postern/contracts/http/fields'
import { UserExport } from '@postern/contracts/http/user'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../../context.ts'
import { exportUser } from './export-user.ts'

const schema = {
  tags: ['Users'],
  summary: 'Export what is held about a user',
  params: IdParams,
  response: { 200: envelope(UserExport) },
}

export function exportUserRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('users:read')
  app.get('/v1/users/:id/export', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    return ok(
      request,
      await exportUser(context, alone(context.database, scope), scope.tenantId, request.params.id),
    )
  })
}
