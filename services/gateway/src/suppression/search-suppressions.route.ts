// POST /v1/suppressions/search: what is listed for one address, which stays out of URLs and logs.

import { envelope } from '@postern/contracts/envelope'
import { page } from '@postern/contracts/http/paging'
import { Suppression } from '@postern/contracts/http/suppression'
import { AddressBody } from '@postern/contracts/http/user'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { searchSuppressions } from './search-suppressions.ts'

const schema = {
  tags: ['Deliveries'],
  summary: 'Tell whether a recipient gets nothing more',
  body: AddressBody,
  response: { 200: envelope(page(Suppression)) },
}

export function searchSuppressionsRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('deliveries:read')
  app.post('/v1/suppressions/search', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    const run = alone(context.database, scope)
    return ok(request, await searchSuppressions(context, run, scope.tenantId, request.body))
  })
}
