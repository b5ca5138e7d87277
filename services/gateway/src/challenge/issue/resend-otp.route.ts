// POST /v1/otps/{id}/resend

import { envelope } from '@postern/contracts/envelope'
import { IssuedChallenge } from '@postern/contracts/http/challenge'
import { IdParams } from '@postern/contracts/http/fields'
import { apiKeyCaller } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import type { GatewayContext } from '../../context.ts'
import { answerIssued } from '../../http/answer-issued.ts'
import { IdempotencyHeaders } from '../../http/answer-once.ts'
import { resendOtp } from './resend-otp.ts'

const schema = {
  tags: ['One-time codes'],
  summary: 'Send a new code in the place of an old one',
  headers: IdempotencyHeaders,
  params: IdParams,
  response: { 202: envelope(IssuedChallenge) },
}

export function resendOtpRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('challenges:write')
  app.post('/v1/otps/:id/resend', { ...access, schema }, (request, reply) => {
    const { tenant } = apiKeyCaller(request)
    const { id } = request.params
    return answerIssued(context, 'otp', { request, reply }, (run) => resendOtp(context, run, tenant, id))
  })
}
