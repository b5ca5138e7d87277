// Token introspection (RFC 7662).

import { type Static, Type } from 'typebox'
import { FACTOR_METHODS } from '../challenge.ts'
import { Instant, Nullable, Uuid } from './fields.ts'

export const IntrospectBody = Type.Object(
  {
    token: Type.String({ minLength: 1, maxLength: 4096 }),
    token_type_hint: Type.Optional(Type.String({ maxLength: 64, description: 'not needed, and not used' })),
  },
  { additionalProperties: false },
)

const seconds = Type.Integer({ description: 'seconds since 1970' })

const ActiveToken = Type.Object({
  active: Type.Literal(true),
  token_type: Type.Enum(['Bearer', 'refresh_token'], {
    description: 'only a Bearer token opens anything',
  }),
  iss: Type.String(),
  aud: Type.String(),
  sub: Uuid,
  sid: Uuid,
  tid: Uuid,
  amr: Type.Array(Type.Enum([...FACTOR_METHODS])),
  acr: Type.String(),
  iat: seconds,
  exp: seconds,
  jti: Type.Optional(Type.String()),
  email_verified_at: Nullable(Instant),
})

export const Introspection = Type.Union([ActiveToken, Type.Object({ active: Type.Literal(false) })])
export type Introspection = Static<typeof Introspection>
