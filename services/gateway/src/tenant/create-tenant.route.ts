// POST /v1/tenants, for the operator.

import { createHash } from 'node:crypto'
import { envelope as enveloped } from '@postern/contracts/envelope'
import { CreateTenantBody, Tenant } from '@postern/contracts/http/tenant'
import { scopeFor } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import type { GatewayContext } from '../context.ts'
import { answerOnce, IdempotencyHeaders, idempotencyKey } from '../http/answer-once.ts'
import { createTenant } from './create-tenant.ts'

const schema = {
  tags: ['Operator'],
  summary: 'Create a tenant',
  headers: IdempotencyHeaders,
  body: CreateTenantBody,
  response: { 201: enveloped(Tenant) },
}

export function createTenantRoute(app: HttpApp, context: GatewayContext): void {
  app.post('/v1/tenants', { ...context.operator.requireOperator, schema }, async (request, reply) => {
    const key = idempotencyKey(request)
    // A key's memory belongs to a tenant; here the key itself decides which, so that a repeat finds it.
    const id = key === undefined ? context.random.uuid() : idOf(key)
    const exchange = { request, reply }
    const { envelope } = await answerOnce<Tenant>(context, scopeFor(request, id), exchange, (run) =>
      createTenant(context.tenantRules, run, id, request.body),
    )
    context.nudge()
    return envelope
  })
}

/** A UUID of version 8 (RFC 9562), from SHA-256. */
function idOf(key: string): string {
  const bytes = createHash('sha256').update(`tenant ${key}`).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
