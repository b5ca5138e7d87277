// GET /v1/tenants/{id}/senders, for the operator, in the order in which they are asked.

import { envelope } from '@postern/contracts/envelope'
import { IdParams } from '@postern/contracts/http/fields'
import { page } from '@postern/contracts/http/paging'
import { Sender } from '@postern/contracts/http/sender'
import { CHANNELS } from '@postern/contracts/sender'
import { alone } from '@postern/db/with-tenant'
import { scopeFor } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import { Type } from 'typebox'
import type { GatewayContext } from '../context.ts'
import { listSenders } from './list-senders.ts'

const schema = {
  tags: ['Operator'],
  summary: 'List the senders of a tenant',
  params: IdParams,
  querystring: Type.Object(
    { channel: Type.Optional(Type.Enum([...CHANNELS])) },
    { additionalProperties: false },
  ),
  response: { 200: envelope(page(Sender)) },
}

export function listSendersRoute(app: HttpApp, context: GatewayContext): void {
  app.get('/v1/tenants/:id/senders', { ...context.operator.requireOperator, schema }, async (request) => {
    const { id } = request.params
    const run = alone(context.database, scopeFor(request, id))
    return ok(request, await listSenders(run, id, request.query.channel ?? null))
  })
}
