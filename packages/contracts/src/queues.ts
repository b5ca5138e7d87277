// The queue catalogue: every queue's name and the form of its jobs. Jobs carry ids only: no address, no secret.
// Postgres re-drives what is lost or fails, so no queue retries by itself (docs/decisions/0004-queue-carries-wake-ups.md).

import { type Static, type TSchema, Type } from 'typebox'

const Uuid = Type.String({ format: 'uuid' })

export const DeliverJob = Type.Object(
  { v: Type.Literal(1), tenant_id: Uuid, delivery_id: Uuid },
  { additionalProperties: false },
)
export type DeliverJob = Static<typeof DeliverJob>

export const RecordEventsJob = Type.Object(
  { v: Type.Literal(1), event_ids: Type.Array(Uuid, { minItems: 1, maxItems: 500 }) },
  { additionalProperties: false },
)
export type RecordEventsJob = Static<typeof RecordEventsJob>

/** Put into each queue every half minute: that it comes out again shows that somebody works the queue. */
export const CanaryJob = Type.Object(
  { v: Type.Literal(1), canary_at: Type.Integer({ minimum: 0, description: 'milliseconds since 1970' }) },
  { additionalProperties: false },
)
export type CanaryJob = Static<typeof CanaryJob>

export interface QueueDefinition<S extends TSchema = TSchema> {
  readonly name: string
  readonly job: S
}

export const QUEUES = {
  deliverEmail: { name: 'deliver-email', job: DeliverJob },
  deliverSms: { name: 'deliver-sms', job: DeliverJob },
  recordEvents: { name: 'record-events', job: RecordEventsJob },
} as const satisfies Record<string, QueueDefinition>
