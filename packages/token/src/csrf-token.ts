// CSRF tokens: signed double submit. A token proves that this house gave it to one browser of one tenant: it is tied to
// the secret of that browser's cookie, so it fits no other session and dies when the cookie is replaced.
//
//   0       1        2          18
//   format  key ver  16 random  HMAC-SHA-256("csrf" ‖ tenant ‖ kind ‖ cookie ‖ bytes 0..17), framed

import { timingSafeEqual } from 'node:crypto'
import type { BrowserPlace } from './browser-place.ts'
import { frame } from './framing.ts'
import { hmacSha256 } from './hmac.ts'
import type { KeyRing, RingKey } from './key-ring.ts'
import { uuidToBytes } from './uuid-bytes.ts'

const FORMAT = 1
const RANDOM = 2
const MAC = 18
const SIZE = 50
const TEXT_LENGTH = 67

/**
 * Makes a token under the ring's current key; `random` is exactly 16 bytes from a cryptographic source.
 * @returns 67 characters of base64url
 * @throws UuidError when the tenant's id is none; RangeError when `random` has another size
 */
export function mintCsrfToken(ring: KeyRing, place: BrowserPlace, random: Uint8Array): string {
  if (random.byteLength !== MAC - RANDOM) throw new RangeError('A token needs exactly 16 random bytes.')
  const { current } = ring
  const token = Buffer.alloc(SIZE)
  token[0] = FORMAT
  token[1] = current.version
  token.set(random, RANDOM)
  token.set(macOf(current, place, token), MAC)
  return token.toString('base64url')
}

/** Whether one of the ring's keys made this token for this place. Compares in constant time; never throws for text. */
export function checkCsrfToken(ring: KeyRing, place: BrowserPlace, text: string): boolean {
  if (text.length !== TEXT_LENGTH) return false
  const token = Buffer.from(text, 'base64url')
  // The decoder takes other spellings too; only the text that we would write counts.
  if (token.length !== SIZE || token.toString('base64url') !== text || token[0] !== FORMAT) return false
  const key = ring.get(token.readUInt8(1))
  return key !== undefined && timingSafeEqual(macOf(key, place, token), token.subarray(MAC))
}

function macOf({ key }: RingKey, { tenantId, cookie }: BrowserPlace, token: Buffer): Buffer {
  const { kind, value } = cookie
  return hmacSha256(key, frame('csrf', uuidToBytes(tenantId), kind, value, token.subarray(0, MAC)))
}
