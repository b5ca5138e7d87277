// GET /v1/events/{id}

import { envelope } from '@postern/contracts/envelope'
import { AuditEvent } from '@postern/contracts/http/audit-event'
import { IdParams } from '@postern/contracts/http/fields'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { AuditContext } from '../context.ts'
import { toAuditEvent } from './event.ts'
import { getEvent } from './get-event.ts'

const schema = {
  tags: ['Events'],
  summary: 'Read one of the tenant’s events',
  params: IdParams,
  response: { 200: envelope(AuditEvent) },
}

export function getEventRoute(app: HttpApp, context: AuditContext): void {
  const access = context.auth.requireScope('audit:read')
  app.get('/v1/events/:id', { ...access, schema }, async (request) => {
    const event = await getEvent(context, tenantScope(request), request.params.id)
    return ok(request, toAuditEvent(event))
  })
}
