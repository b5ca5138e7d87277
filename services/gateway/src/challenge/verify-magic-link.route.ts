// POST /v1/magic-links/verify. Single use by nature: it takes no Idempotency-Key.

import { envelope } from '@postern/contracts/envelope'
import { VerifyMagicLinkBody } from '@postern/contracts/http/magic-link'
import { SignInResult } from '@postern/contracts/http/sign-in-result'
import { alone } from '@postern/db/with-tenant'
import { apiKeyCaller, tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { answerProof } from '../http/answer-proof.ts'
import { clientOf } from '../http/client-of.ts'
import { verifyMagicLink } from './verify-magic-link.ts'

const schema = {
  tags: ['Magic links'],
  summary: 'Verify a magic link once and open a session',
  body: VerifyMagicLinkBody,
  response: { 200: envelope(SignInResult) },
}

export function verifyMagicLinkRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('challenges:verify')
  app.post('/v1/magic-links/verify', { ...access, schema }, async (request, reply) => {
    const { tenant } = apiKeyCaller(request)
    const run = alone(context.database, tenantScope(request))
    const { token, code_verifier: codeVerifier } = request.body
    const shown = { token, codeVerifier, client: clientOf(request, 'api') }
    return answerProof(context, 'magic_link', reply, async () =>
      ok(request, await verifyMagicLink(context, run, tenant, shown)),
    )
  })
}
