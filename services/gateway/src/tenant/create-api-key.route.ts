// POST /v1/tenants/{id}/api-keys, for the operator. The key is shown in this answer and never again.

import { envelope as enveloped } from '@postern/contracts/envelope'
import { IdParams } from '@postern/contracts/http/fields'
import { type ApiKey, CreateApiKeyBody, CreatedApiKey } from '@postern/contracts/http/tenant'
import { AppError } from '@postern/service-kit/app-error'
import { scopeFor } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { mintApiKey } from '@postern/token/api-key'
import type { GatewayContext } from '../context.ts'
import { answerOnce, IdempotencyHeaders } from '../idempotency/answer-once.ts'
import { insertApiKey } from './api-key.store.ts'

const schema = {
  tags: ['Operator'],
  summary: 'Create an API key of a tenant',
  params: IdParams,
  headers: IdempotencyHeaders,
  body: CreateApiKeyBody,
  response: { 201: enveloped(CreatedApiKey) },
}

type Created = ApiKey & { key: string | null }

export function createApiKeyRoute(app: HttpApp, context: GatewayContext): void {
  app.post(
    '/v1/tenants/:id/api-keys',
    { ...context.operator.requireOperator, schema },
    async (request, reply) => {
      const tenantId = request.params.id
      const { key, prefix, digest } = mintApiKey(context.random.bytes)
      const row = { tenantId, id: context.random.uuid(), prefix, digest, body: request.body }
      const scope = scopeFor(request, tenantId)
      const { envelope } = await answerOnce<Created>(context, scope, { request, reply }, async (run) => {
        const created = await insertApiKey(run, row)
        if (created === undefined) {
          return { kind: 'refused', error: new AppError('NOT_FOUND', { reason: 'no such tenant' }) }
        }
        return { kind: 'done', answer: { ...created, key }, repeat: { ...created, key: null }, status: 201 }
      })
      context.nudge()
      return envelope
    },
  )
}
