// Bodies of the operator's sender routes. The settings' form is their provider's: packages/contracts/src/sender.ts.

import { type Static, Type } from 'typebox'
import { CHANNELS, PROVIDERS } from '../sender.ts'
import { Instant, Nullable, Uuid } from './fields.ts'

const channel = Type.Enum([...CHANNELS])
const provider = Type.Enum([...PROVIDERS])
const position = Type.Integer({ minimum: 0, maximum: 99, description: 'the lower is asked first' })
const enabled = Type.Boolean()
const secret = Type.String({
  pattern: '^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$',
  maxLength: 40,
  description:
    'names the file `sender-<secret>` in the notifier’s secrets folder; never the credential itself',
})
const settings = Type.Record(Type.String({ maxLength: 40 }), Type.Unknown(), {
  maxProperties: 20,
  description: 'by provider; the page about senders lists them',
})

export const CreateSenderBody = Type.Object(
  {
    channel,
    provider,
    settings,
    secret: Type.Optional(Nullable(secret)),
    position: Type.Optional(position),
    enabled: Type.Optional(enabled),
  },
  { additionalProperties: false },
)
export type CreateSenderBody = Static<typeof CreateSenderBody>

export const PatchSenderBody = Type.Object(
  {
    settings: Type.Optional(settings),
    secret: Type.Optional(Nullable(secret)),
    position: Type.Optional(position),
    enabled: Type.Optional(enabled),
  },
  { additionalProperties: false, minProperties: 1 },
)
export type PatchSenderBody = Static<typeof PatchSenderBody>

export const Sender = Type.Object({
  id: Uuid,
  channel,
  provider,
  position,
  settings,
  secret: Nullable(Type.String()),
  enabled,
  created_at: Instant,
  updated_at: Instant,
})
export type Sender = Static<typeof Sender>

export const SenderParams = Type.Object({ id: Uuid, sender_id: Uuid }, { additionalProperties: false })
