// The outbox, where an event is written with what it tells, and the trail it is moved to.

import type { ColumnType, Generated } from 'kysely'

/** Written by whoever changes a fact, in the same transaction; actor, request and trace come from its settings. */
export interface OutboxTable {
  id: Generated<string>
  tenant_id: string
  kind: string
  occurred_at: ColumnType<Date, never, never>
  actor: Generated<string>
  subject: string
  request_id: Generated<string | null>
  outcome: 'success' | 'refused' | 'failed'
  reason: string | null
  traceparent: Generated<string | null>
  data: Generated<Record<string, unknown>>
  due_at: Generated<Date>
}

export interface AuditEventTable {
  tenant_id: string
  id: string
  kind: string
  occurred_at: Date
  recorded_at: ColumnType<Date, never, never>
  actor: string
  subject: string
  request_id: string | null
  outcome: 'success' | 'refused' | 'failed'
  reason: string | null
  trace_id: string | null
  data: Record<string, unknown>
}
