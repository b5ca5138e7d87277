// DELETE /v1/deliveries/{id}. A repeat answers the same.

import { envelope } from '@postern/contracts/envelope'
import { DeliveryState } from '@postern/contracts/http/delivery'
import { IdParams } from '@postern/contracts/http/fields'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../../context.ts'
import { cancelDelivery } from './cancel-delivery.ts'

const schema = {
  tags: ['Deliveries'],
  summary: 'Cancel a delivery whose sending has not begun',
  params: IdParams,
  response: { 200: envelope(DeliveryState) },
}

export function cancelDeliveryRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('deliveries:write')
  app.delete('/v1/deliveries/:id', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    const ref = { tenantId: scope.tenantId, id: request.params.id }
    return ok(request, await cancelDelivery(alone(context.database, scope), ref))
  })
}
