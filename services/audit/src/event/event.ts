// One fact of the audit trail, as this service works with it.

import type { AuditEvent } from '@postern/contracts/http/audit-event'

/** Who did something or what it was done to; stored as `<type>:<id>`. */
export interface Party {
  type: string
  id: string
}

export interface TrailEvent {
  tenantId: string
  id: string
  kind: AuditEvent['kind']
  occurredAt: Date
  recordedAt: Date
  /** `<type>:<id>`, as api_key:<uuid> or operator:admin */
  actor: string
  subject: string
  requestId: string | null
  outcome: AuditEvent['outcome']
  reason: string | null
  /** W3C trace id */
  traceId: string | null
  data: Record<string, unknown>
}

/** Splits at the first colon: what follows may hold more of them. A text without one is a type with no id. */
export function partyOf(text: string): Party {
  const colon = text.indexOf(':')
  return colon < 0 ? { type: text, id: '' } : { type: text.slice(0, colon), id: text.slice(colon + 1) }
}

/** The event as a caller sees it. */
export function toAuditEvent(event: TrailEvent): AuditEvent {
  return {
    id: event.id,
    kind: event.kind,
    tenant_id: event.tenantId,
    occurred_at: event.occurredAt.toISOString(),
    recorded_at: event.recordedAt.toISOString(),
    actor: partyOf(event.actor),
    subject: partyOf(event.subject),
    request: event.requestId === null ? null : { id: event.requestId },
    outcome: event.outcome,
    reason: event.reason,
    trace_id: event.traceId,
    data: event.data,
  }
}
