// PATCH /v1/tenants/{id}, for the operator. Every process knows within a second.

import { envelope } from '@postern/contracts/envelope'
import { IdParams } from '@postern/contracts/http/fields'
import { PatchTenantBody, Tenant } from '@postern/contracts/http/tenant'
import { alone } from '@postern/db/with-tenant'
import { scopeFor } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { updateTenant } from './update-tenant.ts'

const schema = {
  tags: ['Operator'],
  summary: 'Change a tenant',
  params: IdParams,
  body: PatchTenantBody,
  response: { 200: envelope(Tenant) },
}

export function updateTenantRoute(app: HttpApp, context: GatewayContext): void {
  app.patch('/v1/tenants/:id', { ...context.operator.requireOperator, schema }, async (request) => {
    const { id } = request.params
    const run = alone(context.database, scopeFor(request, id))
    const tenant = await updateTenant(context.tenantRules, run, id, request.body)
    context.nudge()
    return ok(request, tenant)
  })
}
