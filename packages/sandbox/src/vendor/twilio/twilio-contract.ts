// Twilio's published Messages API: creating one, listing them, looking at one, with what it answers. Its description has the
// answers that succeed only; errors have one form, whatever their status.

import { Type } from 'typebox'
import { empty, form, JSON_TYPE, json, type Operation, type Part } from '../contract.ts'
import { CreateMessage, fieldsOf, ListMessages } from './create-message.schema.ts'
import { TwilioError, TwilioMessage, TwilioPage } from './message.schema.ts'

/** Of all parameters this is the one that the description requires. */
const Create = Type.Object(
  { ...CreateMessage.properties, To: Type.String({ minLength: 1 }) },
  { additionalProperties: false },
)
const FORM_TYPE = { 'content-type': /^application\/x-www-form-urlencoded\s*(;|$)/ } as const
const BASIC = { authorization: /^Basic [A-Za-z0-9+/]+=*$/ } as const
const refusal: Part = { headers: JSON_TYPE, body: json(TwilioError) }
const ACCOUNT = '^/2010-04-01/Accounts/AC[0-9a-fA-F]{32}/Messages'

const answering = (status: number, part: Part) => (given: number) =>
  given === status ? part : given >= 400 && given < 600 ? refusal : undefined

export const TWILIO_CONTRACT: readonly Operation[] = [
  {
    method: 'POST',
    path: new RegExp(`${ACCOUNT}\\.json$`),
    query: empty,
    request: { headers: { ...BASIC, ...FORM_TYPE }, body: form(Create, fieldsOf) },
    answer: answering(201, { headers: JSON_TYPE, body: json(TwilioMessage) }),
  },
  {
    method: 'GET',
    path: new RegExp(`${ACCOUNT}\\.json$`),
    query: form(ListMessages, fieldsOf),
    request: { headers: BASIC, body: empty },
    answer: answering(200, { headers: JSON_TYPE, body: json(TwilioPage) }),
  },
  {
    method: 'GET',
    path: new RegExp(`${ACCOUNT}/(SM|MM)[0-9a-fA-F]{32}\\.json$`),
    query: empty,
    request: { headers: BASIC, body: empty },
    answer: answering(200, { headers: JSON_TYPE, body: json(TwilioMessage) }),
  },
]
