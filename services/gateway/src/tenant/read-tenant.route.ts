// GET /v1/tenants/{id}, for the operator.

import { envelope } from '@postern/contracts/envelope'
import { IdParams } from '@postern/contracts/http/fields'
import { Tenant } from '@postern/contracts/http/tenant'
import { alone } from '@postern/db/with-tenant'
import { scopeFor } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { readTenant } from './read-tenant.ts'

const schema = {
  tags: ['Operator'],
  summary: 'Read a tenant',
  params: IdParams,
  response: { 200: envelope(Tenant) },
}

export function readTenantRoute(app: HttpApp, context: GatewayContext): void {
  app.get('/v1/tenants/:id', { ...context.operator.requireOperator, schema }, async (request) => {
    const { id } = request.params
    return ok(request, await readTenant(alone(context.database, scopeFor(request, id)), id))
  })
}
