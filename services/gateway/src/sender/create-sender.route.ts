// POST /v1/tenants/{id}/senders, for the operator. A credential is not taken: the body names the secret file that holds it.

import { envelope as enveloped } from '@postern/contracts/envelope'
import { IdParams } from '@postern/contracts/http/fields'
import { CreateSenderBody, Sender } from '@postern/contracts/http/sender'
import { scopeFor } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import type { GatewayContext } from '../context.ts'
import { answerOnce, IdempotencyHeaders } from '../http/answer-once.ts'
import { createSender } from './create-sender.ts'

const schema = {
  tags: ['Operator'],
  summary: 'Put a sender on the list of a tenant’s channel',
  params: IdParams,
  headers: IdempotencyHeaders,
  body: CreateSenderBody,
  response: { 201: enveloped(Sender) },
}

export function createSenderRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.operator.requireOperator
  const production = context.settings.environment === 'production'
  app.post('/v1/tenants/:id/senders', { ...access, schema }, async (request, reply) => {
    const tenantId = request.params.id
    const { body } = request
    const exchange = { request, reply }
    const { envelope } = await answerOnce<Sender>(context, scopeFor(request, tenantId), exchange, (run) =>
      createSender(run, { tenantId, id: context.random.uuid(), body, production }),
    )
    context.nudge()
    return envelope
  })
}
