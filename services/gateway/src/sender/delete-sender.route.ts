// DELETE /v1/tenants/{id}/senders/{sender_id}, for the operator. Messages that it already took are its vendor's to bring.

import { envelope } from '@postern/contracts/envelope'
import { Uuid } from '@postern/contracts/http/fields'
import { SenderParams } from '@postern/contracts/http/sender'
import { alone } from '@postern/db/with-tenant'
import { scopeFor } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import { Type } from 'typebox'
import type { GatewayContext } from '../context.ts'
import { removeSender } from './remove-sender.ts'

const schema = {
  tags: ['Operator'],
  summary: 'Take a sender off its list',
  params: SenderParams,
  response: { 200: envelope(Type.Object({ id: Uuid, deleted: Type.Literal(true) })) },
}

export function deleteSenderRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.operator.requireOperator
  app.delete('/v1/tenants/:id/senders/:sender_id', { ...access, schema }, async (request) => {
    const { id, sender_id } = request.params
    const removed = await removeSender(alone(context.database, scopeFor(request, id)), id, sender_id)
    context.nudge()
    return ok(request, removed)
  })
}
