// The body that Postern posts to an operator's own HTTP gateway. The contract is ours (docs/senders.md), so it is closed:
// what is not written there is not sent.

import { type Static, Type } from 'typebox'

const closed = { additionalProperties: false } as const
const Id = Type.String({ format: 'uuid' })
const Attempt = Type.Integer({ minimum: 1, maximum: 1_000 })

const EmailMessage = Type.Object(
  {
    id: Id,
    tenant: Id,
    attempt: Attempt,
    channel: Type.Literal('email'),
    to: Type.String({ format: 'email' }),
    from: Type.Object({ email: Type.String({ format: 'email' }), name: Type.String() }, closed),
    subject: Type.String({ minLength: 1, pattern: '^[^\\r\\n]*$' }),
    text: Type.String({ minLength: 1 }),
    html: Type.Optional(Type.String({ minLength: 1 })),
  },
  closed,
)

const SmsMessage = Type.Object(
  {
    id: Id,
    tenant: Id,
    attempt: Attempt,
    channel: Type.Literal('sms'),
    to: Type.String({ pattern: '^\\+[1-9][0-9]{6,14}$' }),
    from: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
    text: Type.String({ minLength: 1, maxLength: 1_600 }),
    valid_for_seconds: Type.Integer({ minimum: 1, maximum: 36_000 }),
  },
  closed,
)

export const GatewayMessage = Type.Union([EmailMessage, SmsMessage])
export type GatewayMessage = Static<typeof GatewayMessage>

/** One of the two, by what the body says that it is: findings about the other would mislead. */
export const formOf = (channel: unknown) => (channel === 'sms' ? SmsMessage : EmailMessage)
