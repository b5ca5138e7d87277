// What Twilio answers about messages, in our own words, from the facts of its published API
// (https://www.twilio.com/docs/messaging/api/message-resource; description: twilio/twilio-oai twilio_api_v2010.json).

import { Type } from 'typebox'
import { nullable, whole } from '../contract.ts'

const Rfc2822 = Type.String({ pattern: '^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} \\+0000$' })
const Path = Type.String({ pattern: '^/2010-04-01/Accounts/AC[0-9a-fA-F]{32}/Messages' })

/** The message resource: every field of it, in its own form, and no other. */
export const TwilioMessage = whole({
  account_sid: Type.String({ pattern: '^AC[0-9a-fA-F]{32}$' }),
  api_version: Type.Literal('2010-04-01'),
  body: Type.String(),
  date_created: Rfc2822,
  date_sent: nullable(Rfc2822),
  date_updated: Rfc2822,
  direction: Type.Literal('outbound-api'),
  error_code: nullable(Type.Integer()),
  error_message: nullable(Type.String()),
  from: nullable(Type.String()),
  messaging_service_sid: nullable(Type.String({ pattern: '^MG[0-9a-fA-F]{32}$' })),
  num_media: Type.String({ pattern: '^[0-9]{1,2}$' }),
  num_segments: Type.String({ pattern: '^[0-9]{1,2}$' }),
  price: nullable(Type.String()),
  price_unit: nullable(Type.String()),
  sid: Type.String({ pattern: '^(SM|MM)[0-9a-f]{32}$' }),
  status: Type.Enum([
    'accepted',
    'queued',
    'sending',
    'sent',
    'delivered',
    'undelivered',
    'failed',
    'canceled',
  ]),
  subresource_uris: whole({ media: Path }),
  to: Type.String(),
  uri: Path,
})

export const TwilioPage = whole({
  messages: Type.Array(TwilioMessage),
  uri: Path,
  first_page_uri: Path,
  next_page_uri: nullable(Path),
  previous_page_uri: nullable(Path),
  page: Type.Integer({ minimum: 0 }),
  page_size: Type.Integer({ minimum: 1, maximum: 1_000 }),
  start: Type.Integer({ minimum: 0 }),
  end: Type.Integer({ minimum: 0 }),
})

export const TwilioError = whole({
  code: Type.Integer({ minimum: 10_000, maximum: 99_999 }),
  message: Type.String({ minLength: 1 }),
  more_info: Type.String({ pattern: '^https://www\\.twilio\\.com/docs/errors/[0-9]{5}$' }),
  status: Type.Integer({ minimum: 400, maximum: 599 }),
})
