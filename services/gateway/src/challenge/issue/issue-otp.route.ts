// POST /v1/otps

import { envelope } from '@postern/contracts/envelope'
import { IssuedChallenge } from '@postern/contracts/http/challenge'
import { IssueOtpBody } from '@postern/contracts/http/otp'
import { apiKeyCaller } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import type { GatewayContext } from '../../context.ts'
import { answerIssued } from '../../http/answer-issued.ts'
import { IdempotencyHeaders } from '../../http/answer-once.ts'
import { issueOtp } from './issue-otp.ts'

const schema = {
  tags: ['One-time codes'],
  summary: 'Issue a one-time code and send it',
  headers: IdempotencyHeaders,
  body: IssueOtpBody,
  response: { 202: envelope(IssuedChallenge) },
}

export function issueOtpRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('challenges:write')
  app.post('/v1/otps', { ...access, schema }, (request, reply) => {
    const { tenant } = apiKeyCaller(request)
    const { body } = request
    const input = {
      channel: body.channel,
      to: body.to,
      purpose: body.purpose ?? ('sign_in' as const),
      sessionId: body.session_id,
      mfaToken: body.mfa_token,
      locale: body.locale,
      createUser: body.create_user ?? true,
      metadata: body.metadata ?? {},
      sendAt: body.send_at,
    }
    return answerIssued(context, 'otp', { request, reply }, (run) => issueOtp(context, run, tenant, input))
  })
}
