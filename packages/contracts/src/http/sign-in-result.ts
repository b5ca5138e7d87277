// What a proven challenge answers.

import { type Static, Type } from 'typebox'
import { FACTOR_METHODS, PURPOSES } from '../challenge.ts'
import { Instant, Nullable, Uuid } from './fields.ts'

export const User = Type.Object({
  id: Uuid,
  email: Nullable(Type.String()),
  email_verified_at: Nullable(Instant),
  phone: Nullable(Type.String()),
  phone_verified_at: Nullable(Instant),
  is_active: Type.Boolean(),
  created_at: Instant,
})
export type User = Static<typeof User>

export const SessionTokens = Type.Object({
  id: Uuid,
  access_token: Type.String({ description: 'JWT (ES256), RFC 9068' }),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'seconds' }),
  refresh_token: Type.String(),
  refresh_expires_at: Instant,
  amr: Type.Array(Type.Enum([...FACTOR_METHODS])),
  acr: Type.String(),
})
export type SessionTokens = Static<typeof SessionTokens>

export const PendingFactor = Type.Object({
  required: Type.Literal(true),
  enrollment_required: Type.Boolean(),
  token: Type.String(),
  methods: Type.Array(Type.Enum([...FACTOR_METHODS])),
  expires_at: Instant,
})
export type PendingFactor = Static<typeof PendingFactor>

export const SignInResult = Type.Object({
  user: User,
  created: Type.Boolean(),
  purpose: Type.Enum([...PURPOSES]),
  session: Nullable(SessionTokens),
  mfa: Nullable(PendingFactor),
})
export type SignInResult = Static<typeof SignInResult>
