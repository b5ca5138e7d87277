// POST /v1/otps/verify. Single use by nature: it takes no Idempotency-Key.

import { envelope } from '@postern/contracts/envelope'
import { VerifyOtpBody } from '@postern/contracts/http/otp'
import { SignInResult } from '@postern/contracts/http/sign-in-result'
import { alone } from '@postern/db/with-tenant'
import { apiKeyCaller, tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { answerProof } from '../http/answer-proof.ts'
import { clientOf } from '../http/client-of.ts'
import { verifyOtp } from './verify-otp.ts'

const schema = {
  tags: ['One-time codes'],
  summary: 'Verify a one-time code once and open a session',
  body: VerifyOtpBody,
  response: { 200: envelope(SignInResult) },
}

export function verifyOtpRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('challenges:verify')
  app.post('/v1/otps/verify', { ...access, schema }, async (request, reply) => {
    const { tenant } = apiKeyCaller(request)
    const run = alone(context.database, tenantScope(request))
    const { id: challengeId, code } = request.body
    const shown = { challengeId, code, client: clientOf(request, 'api') }
    return answerProof(context, 'otp', reply, async () =>
      ok(request, await verifyOtp(context, run, tenant, shown)),
    )
  })
}
