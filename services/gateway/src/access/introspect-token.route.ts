// POST /v1/introspect (RFC 7662), as a form or as JSON, and answered without the envelope as the standard says.

import form from '@fastify/formbody'
import { IntrospectBody, Introspection } from '@postern/contracts/http/introspection'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import type { GatewayContext } from '../context.ts'
import { introspectToken } from './introspect-token.ts'

const schema = {
  tags: ['Tokens'],
  summary: 'Tell whether a token is good, and for what',
  consumes: ['application/json', 'application/x-www-form-urlencoded'],
  body: IntrospectBody,
  response: { 200: Introspection },
}

export function introspectTokenRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('sessions:read')
  // Within this scope alone a form is a body.
  app.register(async (scoped: HttpApp) => {
    await scoped.register(form)
    scoped.post('/v1/introspect', { ...access, schema }, async (request) => {
      const scope = tenantScope(request)
      return introspectToken(context, alone(context.database, scope), scope.tenantId, request.body.token)
    })
  })
}
