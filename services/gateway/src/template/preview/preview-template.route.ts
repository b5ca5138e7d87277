// POST /v1/templates/{name}/{locale}/preview

import { envelope } from '@postern/contracts/envelope'
import { PreviewTemplateBody, TemplateParams, TemplatePreview } from '@postern/contracts/http/template'
import { alone } from '@postern/db/with-tenant'
import { apiKeyCaller, tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../../context.ts'
import { TEMPLATE_BODY_LIMIT } from '../template.ts'
import { previewTemplate } from './preview-template.ts'

const schema = {
  tags: ['Templates'],
  summary: 'Render a template or a draft of one; nothing is kept or sent',
  params: TemplateParams,
  body: PreviewTemplateBody,
  response: { 200: envelope(TemplatePreview) },
}

export function previewTemplateRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('deliveries:read')
  const options = { ...access, schema, bodyLimit: TEMPLATE_BODY_LIMIT }
  app.post('/v1/templates/:name/:locale/preview', options, async (request) => {
    const scope = tenantScope(request)
    const { name, locale } = request.params
    const preview = await previewTemplate(alone(context.database, scope), {
      tenantId: scope.tenantId,
      tenantName: apiKeyCaller(request).tenant.name,
      name,
      locale: locale.toLowerCase(),
      body: request.body,
    })
    return ok(request, preview)
  })
}
