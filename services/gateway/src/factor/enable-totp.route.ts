// POST /v1/users/{id}/totp/enable

import { envelope as enveloped } from '@postern/contracts/envelope'
import { EnabledTotp, EnableTotpBody } from '@postern/contracts/http/factor'
import { IdParams } from '@postern/contracts/http/fields'
import { apiKeyCaller, tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import type { GatewayContext } from '../context.ts'
import { answerFactor } from '../http/answer-factor.ts'
import { answerOnce, IdempotencyHeaders } from '../http/answer-once.ts'
import { clientOf } from '../http/client-of.ts'
import { checkEnrolmentAccess, ENROLMENT_ACCESS, enrolmentAccess } from '../http/enrolment-access.ts'
import { enableTotp } from './enable-totp.ts'

const schema = {
  tags: ['Second factor'],
  summary:
    'Enable TOTP with its first code: the recovery codes, and the session where a sign-in waits for it',
  description: ENROLMENT_ACCESS,
  params: IdParams,
  headers: IdempotencyHeaders,
  body: EnableTotpBody,
  response: { 200: enveloped(EnabledTotp) },
}

export function enableTotpRoute(app: HttpApp, context: GatewayContext): void {
  const access = enrolmentAccess(context.auth)
  app.post('/v1/users/:id/totp/enable', { ...access, schema }, async (request, reply) => {
    const { code, mfa_token: mfaToken } = request.body
    checkEnrolmentAccess(request, mfaToken)
    const { tenant } = apiKeyCaller(request)
    const input = { userId: request.params.id, code, mfaToken, client: clientOf(request, 'api') }
    return answerFactor(context, reply, async () => {
      const exchange = { request, reply }
      const once = await answerOnce<EnabledTotp>(context, tenantScope(request), exchange, (run) =>
        enableTotp(context, run, tenant, input),
      )
      return once.envelope
    })
  })
}
