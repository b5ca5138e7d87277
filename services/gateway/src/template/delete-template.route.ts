// DELETE /v1/templates/{name}/{locale}

import { envelope } from '@postern/contracts/envelope'
import { TemplateParams } from '@postern/contracts/http/template'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import { Type } from 'typebox'
import type { GatewayContext } from '../context.ts'
import { removeTemplate } from './remove-template.ts'

const Removed = Type.Object({ name: Type.String(), locale: Type.String(), deleted: Type.Literal(true) })
const schema = {
  tags: ['Templates'],
  summary: 'Withdraw a template',
  params: TemplateParams,
  response: { 200: envelope(Removed) },
}

export function deleteTemplateRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('deliveries:write')
  app.delete('/v1/templates/:name/:locale', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    const { name, locale } = request.params
    const key = { tenantId: scope.tenantId, name, locale: locale.toLowerCase() }
    const removed = await removeTemplate(alone(context.database, scope), key)
    context.nudge()
    return ok(request, removed)
  })
}
