// GET /v1/suppressions: recipients who get nothing more, newest first.

import { envelope } from '@postern/contracts/envelope'
import { page } from '@postern/contracts/http/paging'
import { Suppression, SuppressionsQuery } from '@postern/contracts/http/suppression'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { listSuppressions } from './list-suppressions.ts'

const schema = {
  tags: ['Deliveries'],
  summary: 'List the recipients who get nothing more',
  querystring: SuppressionsQuery,
  response: { 200: envelope(page(Suppression)) },
}

export function listSuppressionsRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('deliveries:read')
  app.get('/v1/suppressions', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    const { limit = 50, cursor = null, channel = null } = request.query
    const wanted = { limit, cursor, channel }
    return ok(request, await listSuppressions(alone(context.database, scope), scope.tenantId, wanted))
  })
}
