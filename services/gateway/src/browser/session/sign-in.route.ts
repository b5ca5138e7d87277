// POST /v1/browser/session. Single use by nature: it takes no Idempotency-Key.

import { envelope } from '@postern/contracts/envelope'
import { BrowserSignIn, BrowserSignInBody } from '@postern/contracts/http/browser'
import { alone } from '@postern/db/with-tenant'
import { browserCaller, tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../../context.ts'
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

export function browserSignInRoute(app: HttpApp, context: GatewayContext): void {
  app.post('/v1/browser/session', { schema }, async (request, reply) => {
    const caller = browserCaller(request)
    const run = alone(context.database, tenantScope(request))
    const proof = { caller, body: request.body, client: clientOf(request, 'browser') }
    try {
      const { answer, secret } = await signInBrowser(context, run, proof)
      if (secret !== null) {
        giveSession(context, reply, caller.tenantId, secret)
        await endBrowserSession(run, caller, answer.session?.id).catch((err: unknown) => {
          // The sign-in is committed: it is not lost for a session that then ends by itself.
          request.log.warn({ err }, 'the session that the browser had before was not ended')
        })
      }
      return ok(request, answer)
    } finally {
      context.nudge()
    }
  })
}
