// POST /v1/tenants/{id}/api-keys, for the operator. The key is shown in this answer and never again.

import { envelope as enveloped } from '@postern/contracts/envelope'
import { IdParams } from '@postern/contracts/http/fields'
import { CreateApiKeyBody, CreatedApiKey } from '@postern/contracts/http/tenant'
import { scopeFor } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import type { GatewayContext } from '../context.ts'
import { answerOnce, IdempotencyHeaders } from '../http/answer-once.ts'
import { type CreatedKey, createApiKey } from './create-api-key.ts'

const schema = {
  tags: ['Operator'],
  summary: 'Create an API key of a tenant',
  params: IdParams,
  headers: IdempotencyHeaders,
  body: CreateApiKeyBody,
  response: { 201: enveloped(CreatedApiKey) },
}

export function createApiKeyRoute(app: HttpApp, context: GatewayContext): void {
  app.post(
    '/v1/tenants/:id/api-keys',
    { ...context.operator.requireOperator, schema },
    async (request, reply) => {
      const tenantId = request.params.id
      const exchange = { request, reply }
      const { envelope } = await answerOnce<CreatedKey>(
        context,
        scopeFor(request, tenantId),
        exchange,
        (run) => createApiKey(run, context.random, tenantId, request.body),
      )
      context.nudge()
      return envelope
    },
  )
}
