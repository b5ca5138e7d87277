// GET /v1/magic-links/{id}

import { envelope } from '@postern/contracts/envelope'
import { ChallengeState } from '@postern/contracts/http/challenge'
import { IdParams } from '@postern/contracts/http/fields'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { readChallenge } from './read-challenge.ts'

const schema = {
  tags: ['Magic links'],
  summary: 'Tell the state of a magic link and of its delivery',
  params: IdParams,
  response: { 200: envelope(ChallengeState) },
}

export function readMagicLinkRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('challenges:write')
  app.get('/v1/magic-links/:id', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    const ref = { tenantId: scope.tenantId, kind: 'magic_link' as const, id: request.params.id }
    return ok(request, await readChallenge(alone(context.database, scope), ref))
  })
}
