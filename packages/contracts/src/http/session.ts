// Bodies of the session routes.

import { type Static, Type } from 'typebox'
import { FACTOR_METHODS } from '../challenge.ts'
import { Instant, Nullable, Uuid } from './fields.ts'
import { SessionTokens } from './sign-in-result.ts'

export const RefreshSessionBody = Type.Object(
  { refresh_token: Type.String({ minLength: 1, maxLength: 512 }) },
  { additionalProperties: false },
)

export const RefreshedSession = Type.Object({ session: SessionTokens })
export type RefreshedSession = Static<typeof RefreshedSession>

/** A session as its device list shows it. */
export const Session = Type.Object({
  id: Uuid,
  user_id: Uuid,
  kind: Type.Enum(['api', 'browser']),
  user_agent: Nullable(Type.String()),
  address: Nullable(Type.String({ description: 'where it was opened from' })),
  amr: Type.Array(Type.Enum([...FACTOR_METHODS])),
  acr: Type.String(),
  created_at: Instant,
  last_used_at: Instant,
  idle_expires_at: Type.String({ format: 'date-time', description: 'when it ends unless it is refreshed' }),
  expires_at: Type.String({ format: 'date-time', description: 'when it ends at the latest' }),
})
export type Session = Static<typeof Session>

export const RevokedSession = Type.Object({ id: Uuid, revoked: Type.Literal(true) })
export const RevokedSessions = Type.Object({
  user_id: Uuid,
  revoked: Type.Integer({ description: 'how many ended by this call' }),
})
