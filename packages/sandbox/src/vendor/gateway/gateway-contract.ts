// The contract of an operator's own HTTP gateway, which is ours (docs/senders.md).

import { Type } from 'typebox'
import { empty, JSON_TYPE, json, type Operation, type Part, whole } from '../contract.ts'
import { GatewayMessage } from './gateway-message.schema.ts'

const taken: Part = {
  headers: JSON_TYPE,
  body: json(whole({ id: Type.String({ pattern: '^[!-~]{1,200}$' }) })),
}
const refusal: Part = {
  headers: JSON_TYPE,
  body: json(
    whole({ error: whole({ code: Type.String({ minLength: 1 }), message: Type.String({ minLength: 1 }) }) }),
  ),
}
const REFUSALS = new Set([400, 401, 403, 404, 405, 408, 413, 415, 422, 425, 429, 500, 502, 503, 504])

export const GATEWAY_CONTRACT: readonly Operation[] = [
  {
    method: 'POST',
    path: /^\/messages$/,
    query: empty,
    request: {
      headers: {
        ...JSON_TYPE,
        'x-api-key': /^\S+$/,
        'x-timestamp': /^\d{10}$/,
        'x-signature': /^sha256=[0-9a-f]{64}$/,
        'idempotency-key': /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/,
      },
      body: json(GatewayMessage),
    },
    answer: (status) =>
      [200, 201, 202].includes(status) ? taken : REFUSALS.has(status) ? refusal : undefined,
  },
]
