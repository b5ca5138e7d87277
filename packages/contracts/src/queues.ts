// The queue catalogue: every queue's name and the form of its jobs. Jobs carry ids only: no address, no secret.
// Postgres re-drives what is lost or fails, so no queue retries by itself (docs/decisions/0004-queue-carries-wake-ups.md).

import { type Static, type TSchema, Type } from 'typebox'

const Uuid = Type.String({ format: 'uuid' })
const Milliseconds = Type.Integer({ minimum: 0, description: 'milliseconds since 1970' })

/** Deliveries of one job at most. What a queue costs is by the job; a worker that dies gives all of one back. */
export const MOST_DELIVERIES = 10

const DeliverPart = Type.Object({ tenant_id: Uuid, delivery_id: Uuid }, { additionalProperties: false })
export type DeliverPart = Static<typeof DeliverPart>

/** `queued_at`: since when its deliveries are queued, by the database's clock. What was queued before all jobs is lost. */
export const DeliverJob = Type.Object(
  {
    v: Type.Literal(2),
    queued_at: Milliseconds,
    deliveries: Type.Array(DeliverPart, { minItems: 1, maxItems: MOST_DELIVERIES }),
  },
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
  { v: Type.Literal(1), canary_at: Milliseconds },
  { additionalProperties: false },
)
export type CanaryJob = Static<typeof CanaryJob>

/** @typeParam P what a handler is given: one part of a job, worked beside its other parts */
export interface QueueDefinition<S extends TSchema = TSchema, P = Static<S>> {
  readonly name: string
  readonly job: S
  /** Parts of one job at most. */
  readonly mostParts: number
  parts(job: Static<S>): readonly P[]
}

const deliveries = {
  job: DeliverJob,
  mostParts: MOST_DELIVERIES,
  parts: (job: DeliverJob): readonly DeliverPart[] => job.deliveries,
}

export const QUEUES = {
  deliverEmail: { name: 'deliver-email', ...deliveries },
  deliverSms: { name: 'deliver-sms', ...deliveries },
  // One statement records them all, so they stay together.
  recordEvents: {
    name: 'record-events',
    job: RecordEventsJob,
    mostParts: 1,
    parts: (job: RecordEventsJob): readonly RecordEventsJob[] => [job],
  },
} as const satisfies Record<string, QueueDefinition>
