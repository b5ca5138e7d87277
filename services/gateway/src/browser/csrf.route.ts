// GET /v1/browser/csrf: a browser that was not here gets an id, and every browser its token.

import { envelope } from '@postern/contracts/envelope'
import { CsrfToken } from '@postern/contracts/http/browser'
import { browserCaller } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { csrfProof, setCsrfToken, setVisitor } from '../http/browser-cookies.ts'
import { keepCsrfToken } from './mint-csrf-token.ts'

const schema = {
  tags: ['Browser mode'],
  summary: 'Give a page its CSRF token',
  response: { 200: envelope(CsrfToken) },
}

export function csrfRoute(app: HttpApp, context: GatewayContext): void {
  app.get('/v1/browser/csrf', { schema }, async (request, reply) => {
    const { tenantId, cookie } = browserCaller(request)
    const holder = cookie ?? {
      kind: 'visitor' as const,
      value: context.random.bytes(32).toString('base64url'),
    }
    const token = keepCsrfToken(context, { tenantId, cookie: holder }, csrfProof(request).cookie)
    if (holder.kind === 'visitor') setVisitor(reply, holder.value, token)
    else setCsrfToken(reply, token)
    return ok(request, { csrf_token: token })
  })
}
