// POST /v1/mfa/verify. Single use by nature: it takes no Idempotency-Key.

import { envelope } from '@postern/contracts/envelope'
import { VerifyMfaBody } from '@postern/contracts/http/factor'
import { SignInResult } from '@postern/contracts/http/sign-in-result'
import { alone } from '@postern/db/with-tenant'
import { apiKeyCaller, tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { answerFactor } from '../http/answer-factor.ts'
import { clientOf } from '../http/client-of.ts'
import { verifyMfa } from './verify-mfa.ts'

const schema = {
  tags: ['Second factor'],
  summary: 'Prove the next factor of a sign-in',
  body: VerifyMfaBody,
  response: { 200: envelope(SignInResult) },
}

export function verifyMfaRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('challenges:verify')
  app.post('/v1/mfa/verify', { ...access, schema }, async (request, reply) => {
    const { tenant } = apiKeyCaller(request)
    const run = alone(context.database, tenantScope(request))
    const { mfa_token: mfaToken, ...answer } = request.body
    const input = { mfaToken, answer, client: clientOf(request, 'api') }
    return answerFactor(context, reply, async () => ok(request, await verifyMfa(context, run, tenant, input)))
  })
}
