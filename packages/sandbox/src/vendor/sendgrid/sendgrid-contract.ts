// SendGrid's published v3 mail API: POST /v3/mail/send with what it answers.
// Source: twilio/sendgrid-oai, tsg_mail_v3.json. Its description has no 429 and no 5xx but 500, which all the same come.

import { Type } from 'typebox'
import { anything, empty, JSON_TYPE, json, nullable, type Operation, type Part, whole } from '../contract.ts'
import { MailSend } from './mail-send.schema.ts'

/** `help` is an object where it is anything: clients that read it as a text read something else. */
const ErrorResponse = whole({
  errors: Type.Array(
    whole({
      message: Type.String({ minLength: 1 }),
      field: nullable(Type.String({ minLength: 1 })),
      help: nullable(Type.Object({})),
    }),
    { minItems: 1 },
  ),
})
const refusal: Part = { headers: JSON_TYPE, body: json(ErrorResponse) }
const ANSWERS: Readonly<Record<number, Part>> = {
  // In sandbox mode, which only checks.
  200: { headers: {}, body: empty },
  202: { headers: { 'x-message-id': /^[\w-]{16,64}$/ }, body: empty },
  // From what stands before the API, and so as a page.
  413: { headers: { 'content-type': /^text\/html/ }, body: anything },
  429: { ...refusal, headers: { ...JSON_TYPE, 'x-ratelimit-remaining': /^0$/ } },
}
const REFUSALS = new Set([400, 401, 403, 404, 405, 500, 502, 503, 504])

export const SENDGRID_CONTRACT: readonly Operation[] = [
  {
    method: 'POST',
    path: /^\/v3\/mail\/send$/,
    query: empty,
    request: { headers: { ...JSON_TYPE, authorization: /^Bearer \S+$/ }, body: json(MailSend) },
    answer: (status) => ANSWERS[status] ?? (REFUSALS.has(status) ? refusal : undefined),
  },
]
