// The mark in a URL that a vendor calls back: by it we know that we made this URL, for this attempt of this delivery, and
// that its time is not over. Who has no key of ours can neither make one nor move it to another delivery.
//
//   0        1
//   key ver  HMAC-SHA-256("receipt_mark" ‖ tenant ‖ delivery ‖ attempt ‖ expiry), framed

import { timingSafeEqual } from 'node:crypto'
import { frame } from './framing.ts'
import { hmacSha256 } from './hmac.ts'
import type { KeyRing, RingKey } from './key-ring.ts'
import { UuidError, uuidToBytes } from './uuid-bytes.ts'

/** 33 bytes are 44 characters of base64url, without spare bits. */
const MARK_BYTES = 33
const MARK_LENGTH = 44
const WHOLE = /^(?:0|[1-9][0-9]{0,11})$/

/** What a mark vouches for. Ids are UUIDs; upper and lower case are the same. */
export interface ReceiptMark {
  readonly tenantId: string
  readonly deliveryId: string
  /** The attempt's number, from 1. */
  readonly attempt: number
  /** Seconds since 1970; three days after the attempt. */
  readonly expiresAt: number
}

/** The fields of a marked URL's query, as text. */
export interface MarkFields {
  readonly t: string
  readonly a: string
  readonly exp: string
  readonly s: string
}

/**
 * The query that marks a URL, under the ring's current key: `t=<tenant>&a=<attempt>&exp=<seconds>&s=<mark>`.
 * @throws UuidError when an id is none; RangeError when a number is not whole
 */
export function markQuery(ring: KeyRing, mark: ReceiptMark): string {
  if (![mark.attempt, mark.expiresAt].every((each) => WHOLE.test(String(each))))
    throw new RangeError('A mark has whole numbers.')
  const { tenantId: t, attempt: a, expiresAt: exp } = mark
  return `t=${t}&a=${a}&exp=${exp}&s=${markOf(ring.current, mark).toString('base64url')}`
}

/**
 * What the marked URL of a delivery vouches for; null when none of the ring's keys made it or its time is over. Compares in
 * constant time; never throws for text.
 */
export function readMark(
  ring: KeyRing,
  deliveryId: string,
  { t, a, exp, s }: MarkFields,
  now: Date,
): ReceiptMark | null {
  if (!WHOLE.test(a) || !WHOLE.test(exp) || s.length !== MARK_LENGTH) return null
  const given = Buffer.from(s, 'base64url')
  // The decoder takes other spellings too; only the text that we would write counts.
  if (given.length !== MARK_BYTES || given.toString('base64url') !== s) return null
  const key = ring.get(given.readUInt8(0))
  const mark = { tenantId: t, deliveryId, attempt: Number(a), expiresAt: Number(exp) }
  if (key === undefined || !isMarkOf(key, mark, given)) return null
  return mark.expiresAt * 1_000 > now.getTime() ? mark : null
}

function isMarkOf(key: RingKey, mark: ReceiptMark, given: Buffer): boolean {
  try {
    return timingSafeEqual(markOf(key, mark), given)
  } catch (error) {
    if (error instanceof UuidError) return false
    throw error
  }
}

function markOf(
  { version, key }: RingKey,
  { tenantId, deliveryId, attempt, expiresAt }: ReceiptMark,
): Buffer {
  const what = frame(
    'receipt_mark',
    uuidToBytes(tenantId),
    uuidToBytes(deliveryId),
    String(attempt),
    String(expiresAt),
  )
  return Buffer.concat([Buffer.from([version]), hmacSha256(key, what)])
}
