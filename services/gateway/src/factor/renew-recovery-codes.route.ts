// POST /v1/users/{id}/recovery-codes

import { envelope as enveloped } from '@postern/contracts/envelope'
import { RecoveryCodes, RenewRecoveryCodesBody } from '@postern/contracts/http/factor'
import { IdParams } from '@postern/contracts/http/fields'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import type { GatewayContext } from '../context.ts'
import { answerFactor } from '../http/answer-factor.ts'
import { answerOnce, IdempotencyHeaders } from '../http/answer-once.ts'
import { renewRecoveryCodes } from './renew-recovery-codes.ts'

const schema = {
  tags: ['Second factor'],
  summary: 'Replace the recovery codes, against a code',
  params: IdParams,
  headers: IdempotencyHeaders,
  body: RenewRecoveryCodesBody,
  response: { 200: enveloped(RecoveryCodes) },
}

export function renewRecoveryCodesRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('users:write')
  app.post('/v1/users/:id/recovery-codes', { ...access, schema }, async (request, reply) => {
    const scope = tenantScope(request)
    const user = { tenantId: scope.tenantId, userId: request.params.id }
    return answerFactor(context, reply, async () => {
      const once = await answerOnce<RecoveryCodes>(context, scope, { request, reply }, (run) =>
        renewRecoveryCodes(context, run, user, request.body.code),
      )
      return once.envelope
    })
  })
}
