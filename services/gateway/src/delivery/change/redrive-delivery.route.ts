// POST /v1/deliveries/{id}/redrive

import { envelope } from '@postern/contracts/envelope'
import { DeliveryState } from '@postern/contracts/http/delivery'
import { IdParams } from '@postern/contracts/http/fields'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import type { GatewayContext } from '../../context.ts'
import { answerOnce, IdempotencyHeaders } from '../../http/answer-once.ts'
import { redriveDelivery } from './redrive-delivery.ts'

const schema = {
  tags: ['Deliveries'],
  summary: 'Drive a dead letter again',
  headers: IdempotencyHeaders,
  params: IdParams,
  response: { 202: envelope(DeliveryState) },
}

export function redriveDeliveryRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('deliveries:write')
  app.post('/v1/deliveries/:id/redrive', { ...access, schema }, async (request, reply) => {
    const scope = tenantScope(request)
    const ref = { tenantId: scope.tenantId, id: request.params.id }
    const { envelope } = await answerOnce(context, scope, { request, reply }, async (run) => {
      const state = await redriveDelivery(run, ref)
      return { kind: 'done', answer: state, repeat: state, status: 202 }
    })
    context.nudge()
    return envelope
  })
}
