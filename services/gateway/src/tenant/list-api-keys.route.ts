// GET /v1/tenants/{id}/api-keys, for the operator, newest first.

import { envelope } from '@postern/contracts/envelope'
import { IdParams } from '@postern/contracts/http/fields'
import { PageQuery, page } from '@postern/contracts/http/paging'
import { ApiKey } from '@postern/contracts/http/tenant'
import { alone } from '@postern/db/with-tenant'
import { scopeFor } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import { Type } from 'typebox'
import type { GatewayContext } from '../context.ts'
import { listApiKeys } from './list-api-keys.ts'

const schema = {
  tags: ['Operator'],
  summary: 'List the API keys of a tenant',
  params: IdParams,
  querystring: Type.Object(PageQuery, { additionalProperties: false }),
  response: { 200: envelope(page(ApiKey)) },
}

export function listApiKeysRoute(app: HttpApp, context: GatewayContext): void {
  app.get('/v1/tenants/:id/api-keys', { ...context.operator.requireOperator, schema }, async (request) => {
    const { id } = request.params
    const { limit = 50, cursor = null } = request.query
    const run = alone(context.database, scopeFor(request, id))
    return ok(request, await listApiKeys(run, id, { limit, cursor }))
  })
}
