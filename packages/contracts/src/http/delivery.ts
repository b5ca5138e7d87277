// Bodies of the delivery routes.

import { type Static, Type } from 'typebox'
import { DELIVERY_STATUSES } from '../challenge.ts'
import { Instant, Nullable, Uuid } from './fields.ts'
import { PageQuery } from './paging.ts'

export const DELIVERY_CHANNELS = ['email', 'sms'] as const

const ATTEMPT_OUTCOMES = ['started', 'accepted', 'permanent', 'retryable', 'unknown'] as const

/** A delivery as lists show it. */
export const DeliverySummary = Type.Object({
  id: Uuid,
  channel: Type.Enum([...DELIVERY_CHANNELS]),
  status: Type.Enum([...DELIVERY_STATUSES]),
  template: Type.String(),
  challenge_id: Nullable({ ...Uuid, description: 'of the link or code that it carries' }),
  send_at: Instant,
  expires_at: Instant,
  created_at: Instant,
})
export type DeliverySummary = Static<typeof DeliverySummary>

const DeliveryAttempt = Type.Object({
  number: Type.Integer(),
  provider: Type.String(),
  outcome: Type.Enum([...ATTEMPT_OUTCOMES]),
  error_code: Nullable(Type.String()),
  started_at: Instant,
  finished_at: Nullable(Instant),
  provider_message_id: Nullable(Type.String()),
})

const DeliveryReceipt = Type.Object({ status: Type.String(), provider: Type.String(), occurred_at: Instant })

export const DeliveryState = Type.Object({
  ...DeliverySummary.properties,
  attempts: Type.Array(DeliveryAttempt),
  receipts: Type.Array(DeliveryReceipt),
})
export type DeliveryState = Static<typeof DeliveryState>

export const DeliveryQuery = Type.Object(
  {
    status: Type.Optional(Type.Enum([...DELIVERY_STATUSES])),
    channel: Type.Optional(Type.Enum([...DELIVERY_CHANNELS])),
    since: Type.Optional({ ...Instant, description: 'deliveries made from this instant on' }),
    ...PageQuery,
  },
  { additionalProperties: false },
)
export type DeliveryQuery = Static<typeof DeliveryQuery>

export const PatchDeliveryBody = Type.Object({ send_at: Instant }, { additionalProperties: false })
export type PatchDeliveryBody = Static<typeof PatchDeliveryBody>
