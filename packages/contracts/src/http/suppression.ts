// Bodies of the routes of the suppression list. No address is in it: the list itself holds none.

import { type Static, Type } from 'typebox'
import { SUPPRESSION_REASONS } from '../receipt.ts'
import { CHANNELS, PROVIDERS } from '../sender.ts'
import { Instant, Uuid } from './fields.ts'
import { PageQuery } from './paging.ts'

export const Suppression = Type.Object({
  id: Uuid,
  channel: Type.Enum([...CHANNELS]),
  reason: Type.Enum([...SUPPRESSION_REASONS]),
  provider: Type.Enum([...PROVIDERS], { description: 'whose receipt it was' }),
  created_at: Instant,
})
export type Suppression = Static<typeof Suppression>

export const SuppressionsQuery = Type.Object(
  {
    ...PageQuery,
    channel: Type.Optional(Type.Enum([...CHANNELS])),
  },
  { additionalProperties: false },
)

export const RemovedSuppression = Type.Object({ id: Uuid, removed: Type.Literal(true) })
export type RemovedSuppression = Static<typeof RemovedSuppression>
