// POST /v1/deliveries

import { envelope } from '@postern/contracts/envelope'
import { CreateDeliveryBody, DeliverySummary } from '@postern/contracts/http/delivery'
import { AppError } from '@postern/service-kit/app-error'
import { apiKeyCaller, tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import type { GatewayContext } from '../../context.ts'
import { answerOnce, IdempotencyHeaders } from '../../http/answer-once.ts'
import { tellLimit } from '../../http/rate-limit-fields.ts'
import { createDelivery } from './create-delivery.ts'
import { MESSAGES } from './new-delivery.ts'

const schema = {
  tags: ['Deliveries'],
  summary: 'Send a message by a template, now or later',
  headers: IdempotencyHeaders,
  body: CreateDeliveryBody,
  response: { 202: envelope(DeliverySummary) },
}

export function createDeliveryRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('deliveries:write')
  app.post('/v1/deliveries', { ...access, schema }, async (request, reply) => {
    const { tenant } = apiKeyCaller(request)
    const { envelope } = await answerOnce(context, tenantScope(request), { request, reply }, async (run) => {
      const made = await createDelivery(context, run, tenant, request.body)
      if (made.kind === 'created')
        return { kind: 'done', answer: made.delivery, repeat: made.delivery, status: 202 }
      const { retryAfterSeconds } = made
      tellLimit(reply, MESSAGES, 0, retryAfterSeconds)
      context.metrics.limitHits.add(1, { limit: 'message_sends' })
      const error = new AppError('RATE_LIMITED', { reason: 'recipient had its messages', retryAfterSeconds })
      return { kind: 'refused', error }
    })
    context.nudge()
    return envelope
  })
}
