// PUT /v1/templates/{name}/{locale}: a new version, from the next message on.

import { envelope } from '@postern/contracts/envelope'
import { PutTemplateBody, Template, TemplateParams } from '@postern/contracts/http/template'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { TEMPLATE_BODY_LIMIT } from './template.ts'
import { writeTemplate } from './write-template.ts'

const schema = {
  tags: ['Templates'],
  summary: 'Write a template',
  params: TemplateParams,
  body: PutTemplateBody,
  response: { 200: envelope(Template) },
}

export function putTemplateRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('deliveries:write')
  const options = { ...access, schema, bodyLimit: TEMPLATE_BODY_LIMIT }
  app.put('/v1/templates/:name/:locale', options, async (request) => {
    const scope = tenantScope(request)
    const { name, locale } = request.params
    const key = { tenantId: scope.tenantId, name, locale: locale.toLowerCase() }
    const template = await writeTemplate(alone(context.database, scope), key, request.body)
    context.nudge()
    return ok(request, template)
  })
}
