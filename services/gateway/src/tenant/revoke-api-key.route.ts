// DELETE /v1/tenants/{id}/api-keys/{key_id}, for the operator. Every process refuses the key within a second.

import { envelope } from '@postern/contracts/envelope'
import { Uuid } from '@postern/contracts/http/fields'
import { alone } from '@postern/db/with-tenant'
import { scopeFor } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import { Type } from 'typebox'
import type { GatewayContext } from '../context.ts'
import { revokeApiKey } from './revoke-api-key.ts'

const schema = {
  tags: ['Operator'],
  summary: 'Revoke an API key',
  params: Type.Object({ id: Uuid, key_id: Uuid }, { additionalProperties: false }),
  response: { 200: envelope(Type.Object({ id: Uuid, revoked: Type.Literal(true) })) },
}

export function revokeApiKeyRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.operator.requireOperator
  app.delete('/v1/tenants/:id/api-keys/:key_id', { ...access, schema }, async (request) => {
    const { id, key_id } = request.params
    const revoked = await revokeApiKey(alone(context.database, scopeFor(request, id)), id, key_id)
    context.nudge()
    return ok(request, revoked)
  })
}
