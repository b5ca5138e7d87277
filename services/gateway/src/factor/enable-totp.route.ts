// POST /v1/users/{id}/totp/enable

import { envelope as enveloped } from '@postern/contracts/envelope'
import { EnableTotpBody, RecoveryCodes } from '@postern/contracts/http/factor'
import { IdParams } from '@postern/contracts/http/fields'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import type { GatewayContext } from '../context.ts'
import { answerOnce, IdempotencyHeaders } from '../http/answer-once.ts'
import { enableWaiting } from './enable-totp.ts'

const schema = {
  tags: ['Second factor'],
  summary: 'Enable TOTP with its first code: the recovery codes',
  params: IdParams,
  headers: IdempotencyHeaders,
  body: EnableTotpBody,
  response: { 200: enveloped(RecoveryCodes) },
}

export function enableTotpRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('users:write')
  app.post('/v1/users/:id/totp/enable', { ...access, schema }, async (request, reply) => {
    const scope = tenantScope(request)
    const user = { tenantId: scope.tenantId, userId: request.params.id }
    try {
      const { envelope } = await answerOnce<RecoveryCodes>(context, scope, { request, reply }, (run) =>
        enableWaiting(context, run, user, request.body.code),
      )
      return envelope
    } finally {
      context.nudge()
    }
  })
}
