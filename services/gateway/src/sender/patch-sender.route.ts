// PATCH /v1/tenants/{id}/senders/{sender_id}, for the operator. Counts from the next delivery on.

import { envelope } from '@postern/contracts/envelope'
import { PatchSenderBody, Sender, SenderParams } from '@postern/contracts/http/sender'
import { alone } from '@postern/db/with-tenant'
import { scopeFor } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { updateSender } from './update-sender.ts'

const schema = {
  tags: ['Operator'],
  summary: 'Change a sender',
  params: SenderParams,
  body: PatchSenderBody,
  response: { 200: envelope(Sender) },
}

export function patchSenderRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.operator.requireOperator
  const production = context.settings.environment === 'production'
  app.patch('/v1/tenants/:id/senders/:sender_id', { ...access, schema }, async (request) => {
    const { id: tenantId, sender_id: id } = request.params
    const run = alone(context.database, scopeFor(request, tenantId))
    const sender = await updateSender(run, { tenantId, id, change: request.body, production })
    context.nudge()
    return ok(request, sender)
  })
}
