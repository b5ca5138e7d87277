// Bodies of the magic-link routes.

import { type Static, Type } from 'typebox'
import { CHALLENGE_STATUSES, DELIVERY_STATUSES, PURPOSES } from '../challenge.ts'
import { Instant, Metadata, Nullable, Uuid } from './fields.ts'

export const IssueMagicLinkBody = Type.Object(
  {
    email: Type.String({ minLength: 3, maxLength: 254 }),
    // A step-up needs the session that it raises.
    purpose: Type.Optional(Type.Enum(PURPOSES.filter((purpose) => purpose !== 'step_up'))),
    redirect_url: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
    locale: Type.Optional(Type.String({ pattern: '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$', maxLength: 35 })),
    create_user: Type.Optional(Type.Boolean()),
    code_challenge: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })),
    code_challenge_method: Type.Optional(Type.Literal('S256')),
    metadata: Type.Optional(Metadata),
    send_at: Type.Optional(Instant),
  },
  { additionalProperties: false },
)
export type IssueMagicLinkBody = Static<typeof IssueMagicLinkBody>

const DeliveryRef = Type.Object({ id: Uuid, status: Type.Enum([...DELIVERY_STATUSES]) })

export const IssuedMagicLink = Type.Object({
  id: Uuid,
  purpose: Type.Enum([...PURPOSES]),
  expires_at: Instant,
  delivery: DeliveryRef,
})
export type IssuedMagicLink = Static<typeof IssuedMagicLink>

export const MagicLinkState = Type.Object({
  id: Uuid,
  purpose: Type.Enum([...PURPOSES]),
  status: Type.Enum([...CHALLENGE_STATUSES]),
  expires_at: Instant,
  consumed_at: Nullable(Instant),
  delivery: DeliveryRef,
})
export type MagicLinkState = Static<typeof MagicLinkState>

export const VerifyMagicLinkBody = Type.Object(
  {
    token: Type.String({ minLength: 1, maxLength: 512 }),
    code_verifier: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9._~-]{43,128}$' })),
  },
  { additionalProperties: false },
)
export type VerifyMagicLinkBody = Static<typeof VerifyMagicLinkBody>

export const ResolveLinkBody = Type.Object(
  { token: Type.String({ minLength: 1, maxLength: 512 }) },
  { additionalProperties: false },
)
export const ResolvedLink = Type.Object({ tenant_name: Type.String(), redirect_url: Type.String() })
