// Whether a call was signed by the vendor, over the bytes that came: three vendors, three ways. Secrets are compared in
// constant time, and what is missing or malformed is simply not signed.

import { createHmac, createPublicKey, type KeyObject, timingSafeEqual, verify } from 'node:crypto'

/** How far a signed time may be off, both ways. */
const WINDOW_SECONDS = 300

export type Verdict = 'signed' | 'stale' | 'forged'

/** A signature with its time, as headers bring them; undefined: not there. */
export interface TimedSignature {
  readonly signature: string | undefined
  /** Seconds since 1970. */
  readonly timestamp: string | undefined
}

/**
 * The public key that SendGrid shows: SPKI in base64, or in PEM.
 * @throws TypeError for anything but a P-256 key
 */
export function readSendgridKey(text: string): KeyObject {
  const key = text.startsWith('-----BEGIN')
    ? createPublicKey(text)
    : createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' })
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new TypeError('This is no P-256 key.')
  return key
}

/** ECDSA with SHA-256 over timestamp and body. Source: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features */
export function checkSendgrid(key: KeyObject, body: Buffer, signed: TimedSignature, now: Date): Verdict {
  const { signature = '', timestamp = '' } = signed
  const isRight = isBase64(signature) && isWhole(timestamp) && isSignedBy(key, [timestamp, body], signature)
  return isRight ? timely(timestamp, now) : 'forged'
}

/** HMAC-SHA-256 in hex over timestamp, full stop and body: the contract of an HTTP gateway, in both directions. */
export function checkGateway(key: string, body: Buffer, signed: TimedSignature, now: Date): Verdict {
  const { signature = '', timestamp = '' } = signed
  if (!isWhole(timestamp)) return 'forged'
  const right = createHmac('sha256', key).update(`${timestamp}.`).update(body).digest('hex')
  return equal(`sha256=${right}`, signature) ? timely(timestamp, now) : 'forged'
}

/**
 * HMAC-SHA-1 in base64 over the URL that Twilio called and the form's fields by name. Twilio may sign the URL with its
 * port or without it. Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
 * @param tokens of the account; two while it is rotated
 */
export function checkTwilio(
  tokens: readonly string[],
  url: string,
  form: URLSearchParams,
  signature = '',
): Verdict {
  const names = [...form.keys()]
  if (new Set(names).size < names.length) return 'forged'
  const fields = [...form].toSorted(([a], [b]) => (a < b ? -1 : 1)).flat()
  const texts = spellingsOf(url).map((spelling) => spelling + fields.join(''))
  const right = tokens.flatMap((token) =>
    texts.map((text) => createHmac('sha1', token).update(text).digest('base64')),
  )
  // All are compared, so that the time says nothing about which was near.
  return right.map((each) => equal(each, signature)).includes(true) ? 'signed' : 'forged'
}

/** As it is, and with the port that its scheme has anyway. */
function spellingsOf(url: string): string[] {
  const [, scheme = '', host = '', rest = ''] = /^(https?):\/\/([^/]+)(.*)$/s.exec(url) ?? []
  const port = scheme === 'https' ? 443 : 80
  return /:\d+$/.test(host) ? [url] : [url, `${scheme}://${host}:${port}${rest}`]
}

function isSignedBy(key: KeyObject, [timestamp, body]: [string, Buffer], signature: string): boolean {
  const signed = Buffer.concat([Buffer.from(timestamp), body])
  return verify('sha256', signed, key, Buffer.from(signature, 'base64'))
}

function timely(timestamp: string, now: Date): Verdict {
  return Math.abs(now.getTime() / 1_000 - Number(timestamp)) <= WINDOW_SECONDS ? 'signed' : 'stale'
}

const isWhole = (text: string) => /^[0-9]{1,12}$/.test(text)
const isBase64 = (text: string) => /^[A-Za-z0-9+/]{1,200}={0,2}$/.test(text)

function equal(a: string, b: string): boolean {
  const [right, given] = [Buffer.from(a), Buffer.from(b)]
  return right.length === given.length && timingSafeEqual(right, given)
}
