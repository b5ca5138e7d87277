// POST /v1/users/{id}/totp

import { envelope as enveloped } from '@postern/contracts/envelope'
import { EnrolledTotp, EnrolTotpBody } from '@postern/contracts/http/factor'
import { IdParams } from '@postern/contracts/http/fields'
import { apiKeyCaller, tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import type { GatewayContext } from '../context.ts'
import { answerFactor } from '../http/answer-factor.ts'
import { answerOnce, IdempotencyHeaders } from '../http/answer-once.ts'
import { checkEnrolmentAccess, ENROLMENT_ACCESS, enrolmentAccess } from '../http/enrolment-access.ts'
import { enrolTotp } from './enrol-totp.ts'

const schema = {
  tags: ['Second factor'],
  summary: 'Set up TOTP: the secret, for the authenticator app',
  description: ENROLMENT_ACCESS,
  params: IdParams,
  headers: IdempotencyHeaders,
  body: EnrolTotpBody,
  response: { 201: enveloped(EnrolledTotp) },
}

export function enrolTotpRoute(app: HttpApp, context: GatewayContext): void {
  const access = enrolmentAccess(context.auth)
  // Nothing has to be said to set up a first one.
  const preValidation = async (request: { body: unknown }) => {
    request.body ??= {}
  }
  app.post('/v1/users/:id/totp', { ...access, preValidation, schema }, async (request, reply) => {
    const { code, mfa_token: mfaToken } = request.body
    checkEnrolmentAccess(request, mfaToken)
    const { tenant } = apiKeyCaller(request)
    const input = {
      user: { tenantId: tenant.id, userId: request.params.id },
      issuer: tenant.name,
      code,
      mfaToken,
    }
    return answerFactor(context, reply, async () => {
      const exchange = { request, reply }
      const once = await answerOnce<EnrolledTotp>(context, tenantScope(request), exchange, (run) =>
        enrolTotp(context, run, input),
      )
      return once.envelope
    })
  })
}
