// Bodies of the delivery routes.

import { type Static, Type } from 'typebox'
import { DELIVERY_STATUSES } from '../challenge.ts'
import { CHANNELS } from '../sender.ts'
import { Instant, Locale, Nullable, Uuid } from './fields.ts'
import { PageQuery } from './paging.ts'
import { TemplateName, TemplateVariables } from './template.ts'

const ATTEMPT_OUTCOMES = ['started', 'accepted', 'permanent', 'retryable', 'unknown'] as const

/** A delivery as lists show it. */
export const DeliverySummary = Type.Object({
  id: Uuid,
  channel: Type.Enum([...CHANNELS]),
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
    channel: Type.Optional(Type.Enum([...CHANNELS])),
    since: Type.Optional({ ...Instant, description: 'deliveries made from this instant on' }),
    ...PageQuery,
  },
  { additionalProperties: false },
)
export type DeliveryQuery = Static<typeof DeliveryQuery>

export const PatchDeliveryBody = Type.Object({ send_at: Instant }, { additionalProperties: false })
export type PatchDeliveryBody = Static<typeof PatchDeliveryBody>

export const CreateDeliveryBody = Type.Object(
  {
    channel: Type.Enum([...CHANNELS]),
    to: Type.String({
      minLength: 3,
      maxLength: 254,
      description: 'an e-mail address, or a phone number in international form',
    }),
    template: TemplateName,
    variables: Type.Optional(TemplateVariables),
    locale: Type.Optional(Locale),
    send_at: Type.Optional({ ...Instant, description: 'within 90 days; now unless told' }),
    expires_at: Type.Optional({
      ...Instant,
      description: 'when it is not worth sending any more: a day after send_at unless told, seven at most',
    }),
  },
  { additionalProperties: false },
)
export type CreateDeliveryBody = Static<typeof CreateDeliveryBody>

const Day = Type.String({ format: 'date', pattern: '^[12][0-9]{3}-' })

export const UsageQuery = Type.Object(
  {
    since: Type.Optional({ ...Day, description: 'the first day, in UTC; 30 days ago unless told' }),
    until: Type.Optional({ ...Day, description: 'the last day; today unless told' }),
  },
  { additionalProperties: false },
)
export type UsageQuery = Static<typeof UsageQuery>

export const Usage = Type.Object({
  since: Day,
  until: Day,
  items: Type.Array(
    Type.Object({
      day: Day,
      channel: Type.Enum([...CHANNELS]),
      status: Type.Enum([...DELIVERY_STATUSES]),
      count: Type.Integer(),
    }),
  ),
})
export type Usage = Static<typeof Usage>
