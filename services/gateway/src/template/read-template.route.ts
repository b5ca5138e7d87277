// GET /v1/templates/{name}/{locale}

import { envelope } from '@postern/contracts/envelope'
import { Template, TemplateParams, TemplateQuery } from '@postern/contracts/http/template'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { readTemplate } from './read-template.ts'

const schema = {
  tags: ['Templates'],
  summary: 'Read a template',
  params: TemplateParams,
  querystring: TemplateQuery,
  response: { 200: envelope(Template) },
}

export function readTemplateRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('deliveries:read')
  app.get('/v1/templates/:name/:locale', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    const { name, locale } = request.params
    const key = { tenantId: scope.tenantId, name, locale: locale.toLowerCase() }
    return ok(request, await readTemplate(alone(context.database, scope), key, request.query.version ?? null))
  })
}
