// Bodies of the user routes.

import { type Static, Type } from 'typebox'
import { CHALLENGE_STATUSES, DELIVERY_STATUSES, FACTOR_METHODS, PURPOSES } from '../challenge.ts'
import { Instant, Metadata, Nullable, Uuid } from './fields.ts'
import { User } from './sign-in-result.ts'

const addresses = {
  email: Type.Optional(Type.String({ minLength: 3, maxLength: 254 })),
  phone: Type.Optional(
    Type.String({ minLength: 3, maxLength: 32, description: 'in international form; kept in E.164' }),
  ),
}

export const CreateUserBody = Type.Object(
  { ...addresses, metadata: Type.Optional(Metadata) },
  { additionalProperties: false },
)
export type CreateUserBody = Static<typeof CreateUserBody>

/** Exactly one of both. */
export const AddressBody = Type.Object(addresses, {
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 1,
})
export type AddressBody = Static<typeof AddressBody>

export const PatchUserBody = Type.Object(
  { is_active: Type.Optional(Type.Boolean()), metadata: Type.Optional(Metadata) },
  { additionalProperties: false, minProperties: 1 },
)
export type PatchUserBody = Static<typeof PatchUserBody>

export const SecondFactor = Type.Object({ method: Type.Literal('totp'), enabled_at: Instant })

/** A user as the user routes show them: the user of the sign-in result, and more. */
export const UserRecord = Type.Object({
  ...User.properties,
  metadata: Metadata,
  second_factors: Type.Array(SecondFactor),
  recovery_codes_left: Type.Integer(),
})
export type UserRecord = Static<typeof UserRecord>

export const ErasedUser = Type.Object({ id: Uuid, erased: Type.Literal(true) })

const ExportedSession = Type.Object({
  id: Uuid,
  kind: Type.String(),
  user_agent: Nullable(Type.String()),
  address: Nullable(Type.String()),
  amr: Type.Array(Type.Enum([...FACTOR_METHODS])),
  acr: Type.String(),
  created_at: Instant,
  last_used_at: Instant,
  expires_at: Instant,
  ended_at: Nullable(Instant),
})

const ExportedChallenge = Type.Object({
  id: Uuid,
  kind: Type.String(),
  purpose: Type.Enum([...PURPOSES]),
  address: Type.String(),
  metadata: Metadata,
  status: Type.Enum([...CHALLENGE_STATUSES]),
  created_at: Instant,
  expires_at: Instant,
  consumed_at: Nullable(Instant),
  delivery: Type.Object({
    id: Uuid,
    channel: Type.Enum(['email', 'sms']),
    status: Type.Enum([...DELIVERY_STATUSES]),
  }),
})

const ExportedMessage = Type.Object({
  id: Uuid,
  channel: Type.Enum(['email', 'sms']),
  template: Type.String(),
  status: Type.Enum([...DELIVERY_STATUSES]),
  send_at: Instant,
  created_at: Instant,
})

/** What is held about a user, secrets left out: nobody, the user included, can read those. */
export const UserExport = Type.Object({
  user: UserRecord,
  identifiers: Type.Array(
    Type.Object({
      kind: Type.String(),
      identity_key: Type.String(),
      verified_at: Nullable(Instant),
      created_at: Instant,
    }),
  ),
  sessions: Type.Array(ExportedSession),
  challenges: Type.Array(ExportedChallenge),
  messages: Type.Array(ExportedMessage, { description: 'the tenant’s own; what they say is sealed' }),
  exported_at: Instant,
})
export type UserExport = Static<typeof UserExport>

export const UnlockedIdentifier = Type.Object({
  unlocked: Type.Literal(true),
  failures: Type.Integer({ description: 'wrong codes that were forgotten' }),
})
export type UnlockedIdentifier = Static<typeof UnlockedIdentifier>

export const ResetFactors = Type.Object({
  reset: Type.Literal(true),
  totp: Type.Boolean({ description: 'whether an active TOTP was removed' }),
  recovery_codes: Type.Integer({ description: 'how many were removed' }),
  failures: Type.Integer({ description: 'wrong answers that were forgotten' }),
})
export type ResetFactors = Static<typeof ResetFactors>
