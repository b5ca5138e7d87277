// DELETE /v1/suppressions/{id}: the recipient gets messages again.

import { envelope } from '@postern/contracts/envelope'
import { IdParams } from '@postern/contracts/http/fields'
import { RemovedSuppression } from '@postern/contracts/http/suppression'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { removeSuppression } from './remove-suppression.ts'

const schema = {
  tags: ['Deliveries'],
  summary: 'Take a recipient off the suppression list',
  params: IdParams,
  response: { 200: envelope(RemovedSuppression) },
}

export function removeSuppressionRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('deliveries:write')
  app.delete('/v1/suppressions/:id', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    const run = alone(context.database, scope)
    return ok(request, await removeSuppression(run, scope.tenantId, request.params.id))
  })
}
