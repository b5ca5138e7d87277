// DELETE /v1/magic-links/{id}. A repeat answers the same.

import { envelope } from '@postern/contracts/envelope'
import { ChallengeState } from '@postern/contracts/http/challenge'
import { IdParams } from '@postern/contracts/http/fields'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { revokeChallenge } from './revoke-challenge.ts'

const schema = {
  tags: ['Magic links'],
  summary: 'Revoke a magic link and cancel its delivery',
  params: IdParams,
  response: { 200: envelope(ChallengeState) },
}

export function revokeMagicLinkRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('challenges:write')
  app.delete('/v1/magic-links/:id', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    const ref = { tenantId: scope.tenantId, kind: 'magic_link' as const, id: request.params.id }
    const state = await revokeChallenge(alone(context.database, scope), ref)
    context.nudge()
    return ok(request, state)
  })
}
