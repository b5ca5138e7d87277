// POST /v1/tenants/{id}/identifiers/unlock, for the operator. The address is in the body: it stays out of URLs.

import { envelope } from '@postern/contracts/envelope'
import { IdParams } from '@postern/contracts/http/fields'
import { AddressBody, UnlockedIdentifier } from '@postern/contracts/http/user'
import { alone } from '@postern/db/with-tenant'
import { scopeFor } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { unlockIdentifier } from './unlock-identifier.ts'

const schema = {
  tags: ['Operator'],
  summary: 'Turn codes on again for an address',
  params: IdParams,
  body: AddressBody,
  response: { 200: envelope(UnlockedIdentifier) },
}

export function unlockIdentifierRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.operator.requireOperator
  app.post('/v1/tenants/:id/identifiers/unlock', { ...access, schema }, async (request) => {
    const { id } = request.params
    const run = alone(context.database, scopeFor(request, id))
    const unlocked = await unlockIdentifier(context, run, id, request.body)
    context.nudge()
    return ok(request, unlocked)
  })
}
