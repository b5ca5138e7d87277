// GET /v1/magic-links/{id}

import { envelope } from '@postern/contracts/envelope'
import { IdParams } from '@postern/contracts/http/fields'
import { MagicLinkState } from '@postern/contracts/http/magic-link'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { readMagicLink } from './read-challenge.ts'

const schema = {
  tags: ['Magic links'],
  summary: 'Tell the state of a magic link and of its delivery',
  params: IdParams,
  response: { 200: envelope(MagicLinkState) },
}

export function readMagicLinkRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('challenges:write')
  app.get('/v1/magic-links/:id', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    const run = alone(context.database, scope)
    return ok(request, await readMagicLink(run, scope.tenantId, request.params.id))
  })
}
