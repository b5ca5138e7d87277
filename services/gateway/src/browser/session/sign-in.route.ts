// POST /v1/browser/session. Single use by nature: it takes no Idempotency-Key.

import { envelope } from '@postern/contracts/envelope'
import { BrowserSignIn, BrowserSignInBody } from '@postern/contracts/http/browser'
import { alone, type TenantRun } from '@postern/db/with-tenant'
import { type BrowserCaller, browserCaller, tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { FastifyRequest } from 'fastify'
import type { GatewayContext } from '../../context.ts'
import { answerFactor } from '../../http/answer-factor.ts'
import { answerProof } from '../../http/answer-proof.ts'
import { giveSession } from '../../http/browser-cookies.ts'
import { clientOf } from '../../http/client-of.ts'
import { endBrowserSession } from './end-session.ts'
import { signInBrowser } from './sign-in.ts'

const schema = {
  tags: ['Browser mode'],
  summary: 'Sign in by a link, a code or the next factor',
  body: BrowserSignInBody,
  response: { 200: envelope(BrowserSignIn) },
}

export function signInBrowserRoute(app: HttpApp, context: GatewayContext): void {
  app.post('/v1/browser/session', { schema }, async (request, reply) => {
    const caller = browserCaller(request)
    const { body } = request
    const run = alone(context.database, tenantScope(request))
    const answer = async () => {
      const proof = { caller, body, client: clientOf(request, 'browser') }
      const { answer, secret } = await signInBrowser(context, run, proof)
      if (secret !== null) giveSession(context, reply, caller.tenantId, secret)
      if (answer.session !== null) await leaveSession(request, run, caller, answer.session.id)
      return ok(request, answer)
    }
    if ('mfa_token' in body) return answerFactor(context, reply, answer)
    return answerProof(context, 'otp_id' in body ? 'otp' : 'magic_link', reply, answer)
  })
}

/** Ends the session that the browser had before. The sign-in is committed: it is not lost where that fails. */
async function leaveSession(request: FastifyRequest, run: TenantRun, caller: BrowserCaller, but: string) {
  try {
    await endBrowserSession(run, caller, but)
  } catch (err) {
    request.log.warn({ err }, 'the session that the browser had before was not ended')
  }
}
