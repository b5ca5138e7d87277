// GET /v1/events

import { envelope } from '@postern/contracts/envelope'
import { AuditEvent, EventQuery } from '@postern/contracts/http/audit-event'
import { page } from '@postern/contracts/http/paging'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { AuditContext } from '../context.ts'
import { toAuditEvent } from './event.ts'
import { listEvents } from './list-events.ts'

const LIMIT = 50

const schema = {
  tags: ['Events'],
  summary: 'List the tenant’s events, newest first',
  description: '`since` is the first instant of the time asked for, `until` the first one after it.',
  querystring: EventQuery,
  response: { 200: envelope(page(AuditEvent)) },
}

export function listEventsRoute(app: HttpApp, context: AuditContext): void {
  const access = context.auth.requireScope('audit:read')
  app.get('/v1/events', { ...access, schema }, async (request) => {
    const { kind, subject, since, until, cursor, limit = LIMIT } = request.query
    const filter = {
      kind,
      subject,
      since: since === undefined ? undefined : new Date(since),
      until: until === undefined ? undefined : new Date(until),
    }
    const { events, next } = await listEvents(context, { scope: tenantScope(request), filter, cursor, limit })
    return ok(request, { items: events.map(toAuditEvent), next_cursor: next })
  })
}
