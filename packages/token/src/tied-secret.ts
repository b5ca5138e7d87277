// A secret that a page may hold for a while, tied to the cookie of its browser: elsewhere it is worth nothing. What is
// tied is not hidden, only held: the text is the secret, a dot, and a MAC over secret and cookie.

import { timingSafeEqual } from 'node:crypto'
import type { BrowserPlace } from './browser-place.ts'
import { frame } from './framing.ts'
import { hmacSha256 } from './hmac.ts'
import type { KeyRing, RingKey } from './key-ring.ts'
import { uuidToBytes } from './uuid-bytes.ts'

/** Key version and HMAC-SHA-256: 33 bytes are 44 characters of base64url, without spare bits. */
const TIE_BYTES = 33
const TIE_LENGTH = 44

/** Ties the secret under the ring's current key. @throws UuidError when the tenant's id is none */
export function tieSecret(ring: KeyRing, place: BrowserPlace, secret: string): string {
  return `${secret}.${tieOf(ring.current, place, secret).toString('base64url')}`
}

/** The secret, where one of the ring's keys tied it to this place; null for anything else. */
export function untieSecret(ring: KeyRing, place: BrowserPlace, text: string): string | null {
  const at = text.length - TIE_LENGTH - 1
  if (at < 0 || text[at] !== '.') return null
  const secret = text.slice(0, at)
  const tie = Buffer.from(text.slice(at + 1), 'base64url')
  // The decoder takes other spellings too; only the text that we would write counts.
  if (tie.length !== TIE_BYTES || tie.toString('base64url') !== text.slice(at + 1)) return null
  const key = ring.get(tie.readUInt8(0))
  if (key === undefined || !secret.isWellFormed()) return null
  return timingSafeEqual(tieOf(key, place, secret), tie) ? secret : null
}

function tieOf({ version, key }: RingKey, { tenantId, cookie }: BrowserPlace, secret: string): Buffer {
  const { kind, value } = cookie
  const mac = hmacSha256(key, frame('tied_secret', uuidToBytes(tenantId), kind, value, secret))
  return Buffer.concat([Buffer.from([version]), mac])
}
