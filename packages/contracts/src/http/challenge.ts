// What links and codes share in their bodies.

import { type Static, Type } from 'typebox'
import { CHALLENGE_STATUSES, DELIVERY_STATUSES, PURPOSES } from '../challenge.ts'
import { Instant, Locale, Metadata, Nullable, Uuid } from './fields.ts'

/** What a request for a link or a code may say besides where it goes. */
export const issueFields = {
  purpose: Type.Optional(Type.Enum([...PURPOSES])),
  session_id: Type.Optional({ ...Uuid, description: 'the session that a step_up raises' }),
  locale: Type.Optional(Locale),
  create_user: Type.Optional(Type.Boolean()),
  mfa_token: Type.Optional(
    Type.String({ minLength: 1, maxLength: 512, description: 'of the sign-in whose next factor this is' }),
  ),
  metadata: Type.Optional(Metadata),
  send_at: Type.Optional(Instant),
}

const DeliveryRef = Type.Object({ id: Uuid, status: Type.Enum([...DELIVERY_STATUSES]) })

export const IssuedChallenge = Type.Object({
  id: Uuid,
  purpose: Type.Enum([...PURPOSES]),
  expires_at: Instant,
  resend_after: { ...Instant, description: 'when it makes sense to ask for another one' },
  delivery: DeliveryRef,
})
export type IssuedChallenge = Static<typeof IssuedChallenge>

export const ChallengeState = Type.Object({
  id: Uuid,
  purpose: Type.Enum([...PURPOSES]),
  status: Type.Enum([...CHALLENGE_STATUSES]),
  expires_at: Instant,
  consumed_at: Nullable(Instant),
  delivery: DeliveryRef,
})
export type ChallengeState = Static<typeof ChallengeState>
