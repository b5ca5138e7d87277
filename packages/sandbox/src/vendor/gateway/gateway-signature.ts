// How a call to an HTTP gateway proves itself: an API key, and HMAC-SHA-256 over its time and body under a second key that
// never travels. Written apart from the sender, so that the two check each other.

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export interface GatewayKeys {
  readonly apiKey: string
  readonly signingKey: string
}

/** Older or newer calls than this are refused, in seconds. */
const MAX_SKEW_SECONDS = 300

/** `<api key>:<signing key>`, as the secret file holds it; null when it is not two parts. */
export function gatewayKeys(text: string | null): GatewayKeys | null {
  const [, apiKey, signingKey] = /^([^:\s]+):(\S+)$/.exec(text ?? '') ?? []
  return apiKey === undefined || signingKey === undefined ? null : { apiKey, signingKey }
}

/** Why the call is refused; null: it is genuine. Without `keys` only the form of the headers is looked at. */
export function signatureFault(
  headers: IncomingHttpHeaders,
  body: Buffer,
  keys: GatewayKeys | null | undefined,
  now: Date,
): string | null {
  const { 'x-api-key': apiKey, 'x-timestamp': timestamp, 'x-signature': signature } = headers
  if (typeof apiKey !== 'string' || apiKey === '') return 'the API key is missing'
  if (typeof timestamp !== 'string' || !/^\d{10}$/.test(timestamp)) return 'the timestamp is missing'
  if (Math.abs(now.getTime() / 1_000 - Number(timestamp)) > MAX_SKEW_SECONDS)
    return 'the timestamp is too old'
  const given = typeof signature === 'string' ? /^sha256=([0-9a-f]{64})$/.exec(signature)?.[1] : undefined
  if (given === undefined) return 'the signature is missing'
  if (keys === undefined) return null
  if (keys === null || apiKey !== keys.apiKey) return 'the API key is wrong'
  const right = createHmac('sha256', keys.signingKey).update(`${timestamp}.`).update(body).digest()
  return timingSafeEqual(right, Buffer.from(given, 'hex')) ? null : 'the signature is wrong'
}
