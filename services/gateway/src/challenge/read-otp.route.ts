// GET /v1/otps/{id}

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
  tags: ['One-time codes'],
  summary: 'Tell the state of a one-time code and of its delivery',
  params: IdParams,
  response: { 200: envelope(ChallengeState) },
}

export function readOtpRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('challenges:write')
  app.get('/v1/otps/:id', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    const ref = { tenantId: scope.tenantId, kind: 'otp' as const, id: request.params.id }
    return ok(request, await readChallenge(alone(context.database, scope), ref))
  })
}
