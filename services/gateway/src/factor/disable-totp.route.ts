// POST /v1/users/{id}/totp/disable

import { envelope } from '@postern/contracts/envelope'
import { DisabledTotp, DisableTotpBody } from '@postern/contracts/http/factor'
import { IdParams } from '@postern/contracts/http/fields'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { answerFactor } from '../http/answer-factor.ts'
import { disableTotp } from './disable-totp.ts'

const schema = {
  tags: ['Second factor'],
  summary: 'Remove TOTP and the recovery codes, against one of them',
  params: IdParams,
  body: DisableTotpBody,
  response: { 200: envelope(DisabledTotp) },
}

export function disableTotpRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('users:write')
  app.post('/v1/users/:id/totp/disable', { ...access, schema }, async (request, reply) => {
    const scope = tenantScope(request)
    const user = { tenantId: scope.tenantId, userId: request.params.id }
    return answerFactor(context, reply, async () =>
      ok(request, await disableTotp(context, alone(context.database, scope), user, request.body)),
    )
  })
}
