// The form of Twilio's POST /2010-04-01/Accounts/{sid}/Messages.json, in our own words, from the facts of its published API
// (https://www.twilio.com/docs/messaging/api/message-resource; description: twilio/twilio-oai twilio_api_v2010.json).
//
// Stricter than the published description where that is known to be loose: the form is closed, so that a misspelt parameter
// fails here and not in production, and ValidityPeriod has its documented bounds. Form fields are texts, numbers too.

import { type Static, Type } from 'typebox'

const sid = (prefix: string) => Type.Optional(Type.String({ pattern: `^${prefix}[0-9a-fA-F]{32}$` }))
const oneOf = (...words: string[]) => Type.Optional(Type.Enum(words))
const Switch = Type.Optional(Type.Enum(['true', 'false']))
const Count = Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,4}$' }))
const Address = Type.Optional(Type.String({ format: 'uri', maxLength: 4_000 }))
const Several = Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 10 }))
const AnyText = Type.Optional(Type.String())

export const CreateMessage = Type.Object(
  {
    To: AnyText,
    From: AnyText,
    MessagingServiceSid: sid('MG'),
    FallbackFrom: AnyText,
    Body: AnyText,
    MediaUrl: Several,
    ContentSid: sid('HX'),
    ContentVariables: AnyText,
    StatusCallback: Address,
    ApplicationSid: sid('AP'),
    ProvideFeedback: Switch,
    Attempt: Count,
    ValidityPeriod: Type.Optional(
      Type.String({ pattern: '^([1-9][0-9]{0,3}|[12][0-9]{4}|3[0-5][0-9]{3}|36000)$' }),
    ),
    ForceDelivery: Switch,
    ContentRetention: oneOf('retain', 'discard'),
    AddressRetention: oneOf('retain', 'obfuscate'),
    SmartEncoded: Switch,
    PersistentAction: Several,
    TrafficType: oneOf('free'),
    ShortenUrls: Switch,
    ScheduleType: oneOf('fixed'),
    SendAt: Type.Optional(Type.String({ format: 'date-time' })),
    SendAsMms: Switch,
    RiskCheck: oneOf('enable', 'disable'),
  },
  { additionalProperties: false },
)
export type CreateMessage = Static<typeof CreateMessage>

/** The query of GET Messages.json. */
export const ListMessages = Type.Object(
  {
    To: AnyText,
    From: AnyText,
    DateSent: AnyText,
    'DateSent<': AnyText,
    'DateSent>': AnyText,
    PageSize: Type.Optional(Type.String({ pattern: '^([1-9][0-9]{0,2}|1000)$' })),
    Page: Type.Optional(Type.String({ pattern: '^[0-9]{1,6}$' })),
    PageToken: AnyText,
  },
  { additionalProperties: false },
)
export type ListMessages = Static<typeof ListMessages>

/** May come more than once. */
const LISTS = new Set(['MediaUrl', 'PersistentAction'])

/** A form or query as one value a field; a field that comes twice and may not is a list, and so fails its schema. */
export function fieldsOf(form: string): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = Object.create(null)
  for (const [name, value] of new URLSearchParams(form)) {
    const known = fields[name]
    if (known !== undefined) fields[name] = [...(Array.isArray(known) ? known : [known]), value]
    else fields[name] = LISTS.has(name) ? [value] : value
  }
  return fields
}
