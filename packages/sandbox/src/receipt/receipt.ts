// What a vendor can be made to say of a message that it took, and how the saying of it can go wrong.
//
// | tamper    | what reaches the gateway                                                                         |
// |-----------|--------------------------------------------------------------------------------------------------|
// | signature | the right body under a signature of the right form that is wrong                                 |
// | body      | a body that was changed after it was signed                                                      |
// | timestamp | a time that was changed after signing; with Twilio the expiry in our own URL, signed by Twilio   |
// | stale     | a right signature that is ten minutes old, of SNS a day; Twilio signs no time                    |
// | tenant    | another tenant's id, rightly signed by the vendor: what only our own checks can find             |

import { RECEIPT_STATUSES } from '@postern/contracts/receipt'
import { type Static, Type } from 'typebox'

export const TAMPERS = ['signature', 'body', 'timestamp', 'stale', 'tenant'] as const
export type Tamper = (typeof TAMPERS)[number]

/** How old a stale signature is, in milliseconds. */
export const STALE_MS = 10 * 60_000
/** Calls that one request may cause. */
export const MAX_CALLS = 20_000

const closed = { additionalProperties: false } as const

const Receipt = Type.Object(
  {
    message_id: Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'the vendor’s own id, as /calls has it, or the id of a message in the inbox',
    }),
    status: Type.Enum([...RECEIPT_STATUSES]),
    times: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000, description: 'copies of this one event; without it one' }),
    ),
    new_ids: Type.Optional(
      Type.Boolean({ description: 'each copy has an event id of its own, as vendors’ repeats may have' }),
    ),
    delay_ms: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 60_000, description: 'counted from the request' }),
    ),
    error_code: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 200 }), Type.Integer()])),
    tamper: Type.Optional(Type.Enum([...TAMPERS])),
    lost: Type.Optional(
      Type.Boolean({
        description: 'it happens, and the call about it never arrives: for vendors that can be asked',
      }),
    ),
    sender: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'whose webhook; without it `default`' }),
    ),
  },
  closed,
)
export type Receipt = Readonly<Static<typeof Receipt>>

const Several = Type.Object(
  {
    receipts: Type.Array(Receipt, { minItems: 1, maxItems: 1_000 }),
    shuffle: Type.Optional(
      Type.Boolean({ description: 'copies and all, in an order that the seed decides' }),
    ),
    together: Type.Optional(
      Type.Boolean({ description: 'up to 100 events a call, where the vendor’s webhook takes several' }),
    ),
    at_once: Type.Optional(
      Type.Boolean({ description: 'all calls at the same time; without it one after the other' }),
    ),
  },
  closed,
)
export type SeveralReceipts = Readonly<Static<typeof Several>>

/** One receipt, or several with an order. */
export const ReceiptsBody = Type.Union([Receipt, Several])
export type ReceiptsBody = Static<typeof ReceiptsBody>

export function severalOf(body: ReceiptsBody): SeveralReceipts {
  return 'receipts' in body ? body : { receipts: [body] }
}
