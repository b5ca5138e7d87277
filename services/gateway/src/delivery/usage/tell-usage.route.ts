// GET /v1/usage

import { envelope } from '@postern/contracts/envelope'
import { Usage, UsageQuery } from '@postern/contracts/http/delivery'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../../context.ts'
import { tellUsage } from './tell-usage.ts'

const schema = {
  tags: ['Deliveries'],
  summary: 'Count the tenant’s deliveries by day, channel and status',
  querystring: UsageQuery,
  response: { 200: envelope(Usage) },
}

export function tellUsageRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('deliveries:read')
  app.get('/v1/usage', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    const run = alone(context.database, scope)
    return ok(request, await tellUsage(run, scope.tenantId, request.query, context.clock.now()))
  })
}
