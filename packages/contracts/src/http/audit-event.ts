// An event as the audit service shows it.

import { type Static, Type } from 'typebox'
import { EVENT_KINDS, EVENT_OUTCOMES, type EventKind } from '../event-kinds.ts'
import { Instant, Nullable, Uuid } from './fields.ts'
import { PageQuery } from './paging.ts'

const kinds = Object.keys(EVENT_KINDS) as EventKind[]
const Party = Type.Object({ type: Type.String(), id: Type.String() })

export const AuditEvent = Type.Object({
  id: Uuid,
  kind: Type.Enum(kinds),
  tenant_id: Uuid,
  occurred_at: Instant,
  recorded_at: Instant,
  actor: Party,
  subject: Party,
  request: Nullable(Type.Object({ id: Uuid })),
  outcome: Type.Enum([...EVENT_OUTCOMES]),
  reason: Nullable(Type.String()),
  trace_id: Nullable(Type.String()),
  data: Type.Record(Type.String(), Type.Unknown()),
})
export type AuditEvent = Static<typeof AuditEvent>

export const EventQuery = Type.Object(
  {
    kind: Type.Optional(Type.Enum(kinds)),
    subject: Type.Optional(
      Type.String({
        pattern: '^[a-z_]+:[A-Za-z0-9_-]{1,64}$',
        description: '<type>:<id>, as challenge:<uuid>',
      }),
    ),
    since: Type.Optional(Instant),
    until: Type.Optional(Instant),
    ...PageQuery,
  },
  { additionalProperties: false },
)
export type EventQuery = Static<typeof EventQuery>
