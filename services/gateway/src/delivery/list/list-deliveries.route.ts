// GET /v1/deliveries

import { envelope } from '@postern/contracts/envelope'
import { DeliveryQuery, DeliverySummary } from '@postern/contracts/http/delivery'
import { page } from '@postern/contracts/http/paging'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../../context.ts'
import { listDeliveries } from './list-deliveries.ts'

const LIMIT = 50

const schema = {
  tags: ['Deliveries'],
  summary: 'List the tenant’s deliveries, newest first',
  description:
    'A page may hold fewer than `limit`, even none: the last one is that whose `next_cursor` is null.',
  querystring: DeliveryQuery,
  response: { 200: envelope(page(DeliverySummary)) },
}

export function listDeliveriesRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('deliveries:read')
  app.get('/v1/deliveries', { ...access, schema }, async (request) => {
    const { status, channel, since, cursor, limit = LIMIT } = request.query
    const scope = tenantScope(request)
    const filter = { status, channel, since: since === undefined ? undefined : new Date(since) }
    const input = { tenantId: scope.tenantId, filter, cursor, limit }
    return ok(request, await listDeliveries(alone(context.database, scope), input))
  })
}
