// POST /v1/tenants/{id}/users/{user_id}/factors/reset, for the operator.

import { envelope } from '@postern/contracts/envelope'
import { Uuid } from '@postern/contracts/http/fields'
import { ResetFactors } from '@postern/contracts/http/user'
import { alone } from '@postern/db/with-tenant'
import { scopeFor } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import { Type } from 'typebox'
import type { GatewayContext } from '../context.ts'
import { resetFactors } from './reset-factors.ts'

const schema = {
  tags: ['Operator'],
  summary: 'Remove the second factors of a user',
  params: Type.Object({ id: Uuid, user_id: Uuid }, { additionalProperties: false }),
  response: { 200: envelope(ResetFactors) },
}

export function resetFactorsRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.operator.requireOperator
  app.post('/v1/tenants/:id/users/:user_id/factors/reset', { ...access, schema }, async (request) => {
    const { id, user_id } = request.params
    const reset = await resetFactors(alone(context.database, scopeFor(request, id)), id, user_id)
    context.nudge()
    return ok(request, reset)
  })
}
