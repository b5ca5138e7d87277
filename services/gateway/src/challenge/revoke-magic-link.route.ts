// DELETE /v1/magic-links/{id}. A repeat answers the same.

import { envelope } from '@postern/contracts/envelope'
import { IdParams } from '@postern/contracts/http/fields'
import { MagicLinkState } from '@postern/contracts/http/magic-link'
import { alone } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { findChallenge, revokeChallenge } from './challenge.store.ts'
import { stateOf } from './read-magic-link.route.ts'

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
    await revokeChallenge(run, scope.tenantId, request.params.id)
    const found = await findChallenge(run, scope.tenantId, request.params.id)
    if (found === undefined) throw new AppError('NOT_FOUND', { reason: 'no such magic link' })
    context.nudge()
    return ok(request, stateOf(found))
  })
}
