// GET /v1/templates: the tenant's own, without their sources.

import { envelope } from '@postern/contracts/envelope'
import { page } from '@postern/contracts/http/paging'
import { TemplateSummary, TemplatesQuery } from '@postern/contracts/http/template'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { listTemplates } from './list-templates.ts'

const schema = {
  tags: ['Templates'],
  summary: 'List the tenant’s templates',
  querystring: TemplatesQuery,
  response: { 200: envelope(page(TemplateSummary)) },
}

export function listTemplatesRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('deliveries:read')
  app.get('/v1/templates', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    const { limit = 50, cursor = null } = request.query
    return ok(request, await listTemplates(alone(context.database, scope), scope.tenantId, { limit, cursor }))
  })
}
