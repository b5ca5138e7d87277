// GET /v1/magic-links/{id}

import { envelope } from '@postern/contracts/envelope'
import { IdParams } from '@postern/contracts/http/fields'
import { MagicLinkState } from '@postern/contracts/http/magic-link'
import { alone } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { type ChallengeView, findChallenge } from './challenge.store.ts'
import { statusOf } from './challenge.ts'

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
    const found = await findChallenge(alone(context.database, scope), scope.tenantId, request.params.id)
    if (found === undefined) throw new AppError('NOT_FOUND', { reason: 'no such magic link' })
    return ok(request, stateOf(found))
  })
}

export const stateOf = (found: ChallengeView): MagicLinkState => ({
  id: found.id,
  purpose: found.purpose,
  status: statusOf(found),
  expires_at: found.expiresAt.toISOString(),
  consumed_at: found.consumedAt?.toISOString() ?? null,
  delivery: found.delivery,
})
