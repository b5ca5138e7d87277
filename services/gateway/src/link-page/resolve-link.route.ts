// POST /l/resolve: what the page behind a mailed link asks. No API key: the token is the credential, and nothing changes.

import { envelope } from '@postern/contracts/envelope'
import { ResolvedLink, ResolveLinkBody } from '@postern/contracts/http/magic-link'
import { alone } from '@postern/db/with-tenant'
import { scopeFor } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { resolveLink } from './resolve-link.ts'

const schema = {
  tags: ['Magic links'],
  summary: 'Tell where a genuine link leads; changes nothing',
  body: ResolveLinkBody,
  response: { 200: envelope(ResolvedLink) },
}

const VISITOR = 'visitor:link_page'

export function resolveLinkRoute(app: HttpApp, context: GatewayContext): void {
  app.post('/l/resolve', { schema }, async (request) => {
    const runFor = (tenantId: string) => alone(context.database, scopeFor(request, tenantId, VISITOR))
    return ok(request, await resolveLink({ pepper: context.pepper, runFor }, request.body.token))
  })
}
