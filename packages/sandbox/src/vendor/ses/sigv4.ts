// Checks AWS Signature Version 4, written from its published description alone, so that it checks whoever signs.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export interface AwsKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface SignedCall {
  readonly method: string
  /** As it came, without the query: SES takes none. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/
/** AWS takes calls that are this much older or newer than its clock, in milliseconds. */
const MAX_SKEW_MS = 15 * 60_000

/** `<access key id>:<secret access key>`, as the secret file holds it; null when it is not two parts. */
export function awsKeys(text: string | null): AwsKeys | null {
  const [, accessKeyId, secretAccessKey] = /^([^:\s]+):(\S+)$/.exec(text ?? '') ?? []
  return accessKeyId === undefined || secretAccessKey === undefined ? null : { accessKeyId, secretAccessKey }
}

/**
 * The name of AWS's error; null: the signature is right. Without `keys` everything but the digest is looked at.
 */
export function signatureFault(call: SignedCall, keys: AwsKeys | null | undefined, now: Date): string | null {
  const found = AUTHORIZATION.exec(call.headers.authorization ?? '')
  if (found === null) return 'MissingAuthenticationTokenException'
  const [, keyId = '', day = '', region = '', service = '', names = '', given = ''] = found
  const date = String(call.headers['x-amz-date'] ?? '')
  const signed = names.split(';')
  const mustBeSigned = ['host', ...Object.keys(call.headers).filter((name) => name.startsWith('x-amz-'))]
  if (service !== 'ses' || !date.startsWith(day) || !mustBeSigned.every((name) => signed.includes(name)))
    return 'InvalidSignatureException'
  if (names !== signed.toSorted().join(';') || !isFresh(date, now)) return 'InvalidSignatureException'
  if (keys === undefined) return null
  if (keys === null || keyId !== keys.accessKeyId) return 'UnrecognizedClientException'
  const scope = `${day}/${region}/${service}/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical(call, signed))].join('\n')
  const steps = [day, region, service, 'aws4_request', toSign]
  const right = steps.reduce<Buffer>(
    (key, step) => createHmac('sha256', key).update(step).digest(),
    Buffer.from(`AWS4${keys.secretAccessKey}`),
  )
  return timingSafeEqual(right, Buffer.from(given, 'hex')) ? null : 'InvalidSignatureException'
}

function canonical({ method, path, headers, body }: SignedCall, signed: readonly string[]): string {
  // Every step of the path is escaped once more, but for what RFC 3986 leaves as it is.
  const uri = path.split('/').map(escaped).join('/')
  const lines = signed.map(
    (name) =>
      `${name}:${String(headers[name] ?? '')
        .trim()
        .replaceAll(/ +/g, ' ')}\n`,
  )
  return [method, uri, '', lines.join(''), signed.join(';'), sha256(body)].join('\n')
}

const escaped = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex')

/** `20261121T041500Z`. */
function isFresh(date: string, now: Date): boolean {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date)
  if (parts === null) return false
  const [, y, mo, d, h, mi, s] = parts
  const at = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`)
  return Math.abs(now.getTime() - at) <= MAX_SKEW_MS
}
