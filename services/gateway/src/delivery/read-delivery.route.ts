// GET /v1/deliveries/{id}

import { envelope } from '@postern/contracts/envelope'
import { DeliveryState } from '@postern/contracts/http/delivery'
import { IdParams } from '@postern/contracts/http/fields'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { readDelivery } from './read-delivery.ts'

const schema = {
  tags: ['Deliveries'],
  summary: 'Tell the state of a delivery, what was tried and what came back',
  params: IdParams,
  response: { 200: envelope(DeliveryState) },
}

export function readDeliveryRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('deliveries:read')
  app.get('/v1/deliveries/:id', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    const ref = { tenantId: scope.tenantId, id: request.params.id }
    return ok(request, await readDelivery(alone(context.database, scope), ref))
  })
}
