// Amazon SES v2's published SendEmail: POST /v2/email/outbound-emails with what it answers.
// Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html

import { Type } from 'typebox'
import { empty, JSON_TYPE, json, type Operation, type Part, whole } from '../contract.ts'
import { SendEmail } from './send-email.schema.ts'

const sent: Part = {
  headers: { ...JSON_TYPE, 'x-amzn-requestid': /^[0-9a-f-]{36}$/ },
  body: json(whole({ MessageId: Type.String({ pattern: '^[0-9a-f]{16}-[0-9a-f-]{36}-[0-9]{6}$' }) })),
}
/** Errors have their name in a header. */
const refusal: Part = {
  headers: { ...JSON_TYPE, 'x-amzn-errortype': /^[A-Za-z]+$/ },
  body: json(whole({ message: Type.String({ minLength: 1 }) })),
}
const REFUSALS = new Set([400, 401, 403, 404, 405, 413, 415, 429, 500, 502, 503, 504])

export const SES_CONTRACT: readonly Operation[] = [
  {
    method: 'POST',
    path: /^\/v2\/email\/outbound-emails$/,
    query: empty,
    request: {
      headers: {
        ...JSON_TYPE,
        authorization:
          /^AWS4-HMAC-SHA256 Credential=\S+\/ses\/aws4_request, ?SignedHeaders=\S+, ?Signature=[0-9a-f]{64}$/,
        'x-amz-date': /^\d{8}T\d{6}Z$/,
      },
      body: json(SendEmail),
    },
    answer: (status) => (status === 200 ? sent : REFUSALS.has(status) ? refusal : undefined),
  },
]
