// DELETE /v1/magic-links/{id}. A repeat answers the same.

import { envelope } from '@postern/contracts/envelope'
import { IdParams } from '@postern/contracts/http/fields'
import { MagicLinkState } from '@postern/contracts/http/magic-link'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { revokeMagicLink } from './revoke-challenge.ts'

const schema = {
  tags: ['Magic links'],
  summary: 'Revoke a magic link and cancel its delivery',
  params: IdParams,
  response: { 200: envelope(MagicLinkState) },
}

export function revokeMagicLinkRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('challenges:write')
  app.delete('/v1/magic-links/:id', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    const run = alone(context.database, scope)
    const state = await revokeMagicLink(run, scope.tenantId, request.params.id)
    context.nudge()
    return ok(request, state)
  })
}
