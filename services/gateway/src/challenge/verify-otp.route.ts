// POST /v1/otps/verify. Single use by nature: it takes no Idempotency-Key.

import { envelope } from '@postern/contracts/envelope'
import { VerifyOtpBody } from '@postern/contracts/http/otp'
import { SignInResult } from '@postern/contracts/http/sign-in-result'
import { alone } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { apiKeyCaller, tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { clientOf } from '../http/client-of.ts'
import { tellLimit } from '../http/rate-limit-fields.ts'
import { FAILURES_PER_WAIT, FIRST_WAIT_SECONDS } from './code-limits.ts'
import { verifyOtp } from './verify-otp.ts'

const FAILURES = { policy: 'failures', quota: FAILURES_PER_WAIT, windowSeconds: FIRST_WAIT_SECONDS }

const schema = {
  tags: ['One-time codes'],
  summary: 'Verify a one-time code once and open a session',
  body: VerifyOtpBody,
  response: { 200: envelope(SignInResult) },
}

export function verifyOtpRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('challenges:verify')
  const count = (outcome: string) => context.metrics.challengesVerified.add(1, { kind: 'otp', outcome })
  app.post('/v1/otps/verify', { ...access, schema }, async (request, reply) => {
    const { tenant } = apiKeyCaller(request)
    const run = alone(context.database, tenantScope(request))
    const { id: challengeId, code } = request.body
    try {
      const result = await verifyOtp(context, run, tenant, {
        challengeId,
        code,
        client: clientOf(request, 'api'),
      })
      count('verified')
      return ok(request, result)
    } catch (error) {
      if (error instanceof AppError) count(error.code.toLowerCase())
      if (error instanceof AppError && error.code === 'IDENTIFIER_LOCKED') {
        tellLimit(reply, FAILURES, 0, error.retryAfterSeconds ?? 0)
        context.metrics.limitHits.add(1, { limit: 'identifier_failures' })
      }
      throw error
    } finally {
      context.nudge()
    }
  })
}
