// PATCH /v1/deliveries/{id}

import { envelope } from '@postern/contracts/envelope'
import { DeliveryState, PatchDeliveryBody } from '@postern/contracts/http/delivery'
import { IdParams } from '@postern/contracts/http/fields'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../../context.ts'
import { rescheduleDelivery } from './reschedule-delivery.ts'

const schema = {
  tags: ['Deliveries'],
  summary: 'Move a delivery whose sending has not begun to another time',
  params: IdParams,
  body: PatchDeliveryBody,
  response: { 200: envelope(DeliveryState) },
}

export function rescheduleDeliveryRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('deliveries:write')
  app.patch('/v1/deliveries/:id', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    const ref = { tenantId: scope.tenantId, id: request.params.id }
    const { send_at: sendAt } = request.body
    const state = await rescheduleDelivery(context, alone(context.database, scope), ref, sendAt)
    context.nudge()
    return ok(request, state)
  })
}
