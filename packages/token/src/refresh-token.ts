// Refresh tokens: opaque, 256 random bits, stored as a plain SHA-256. The successor of one is computed, not drawn, so a
// client that repeats its request within the grace gets the same one although the database holds digests only.
//
//   0       1           17         49
//   format  session id  32 random

import { sha256 } from './digest.ts'
import { frame } from './framing.ts'
import { hmacSha256 } from './hmac.ts'
import type { KeyRing, RingKey } from './key-ring.ts'
import { bytesToUuid, writeUuid } from './uuid-bytes.ts'

const FORMAT = 1
const SESSION = 1
const SECRET = 17
const SIZE = 49
const TEXT_LENGTH = 66

export interface MintedRefreshToken {
  /** 66 characters of base64url. */
  readonly token: string
  readonly digest: Buffer
}

export interface ReadRefreshToken {
  readonly sessionId: string
  readonly digest: Buffer
}

export class RefreshTokenError extends Error {
  override readonly name = 'RefreshTokenError'
}

/**
 * Makes the token of a session from 32 secret bytes: random for the first one, `successorSecret` for the next ones.
 * @throws RefreshTokenError when the secret has another size; UuidError when the session's id is none
 */
export function mintRefreshToken(
  secret: Uint8Array,
  { sessionId }: { sessionId: string },
): MintedRefreshToken {
  if (secret.byteLength !== SIZE - SECRET) throw new RefreshTokenError('A refresh token needs 32 bytes.')
  const bytes = Buffer.allocUnsafe(SIZE)
  bytes[0] = FORMAT
  writeUuid(sessionId, bytes, SESSION)
  bytes.set(secret, SECRET)
  const token = bytes.toString('base64url')
  return { token, digest: sha256(token) }
}

/** Reads a token's session and digest; null for text that cannot be one. Only the row knows whether it is genuine. */
export function readRefreshToken(text: string): ReadRefreshToken | null {
  if (text.length !== TEXT_LENGTH) return null
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length !== SIZE || bytes.toString('base64url') !== text || bytes[0] !== FORMAT) return null
  return { sessionId: bytesToUuid(bytes, SESSION), digest: sha256(text) }
}

/** What the successor of a token follows from: its text is unique, so nothing has to be read before it is computed. */
export type SuccessorInput = readonly [presentedToken: string, sessionId: string]

/**
 * The 32 secret bytes of the token that follows `presentedToken`, under the ring's current key. Store that key's version
 * with the presented token's row: after a rotation the grace still needs it.
 * @throws FramingError
 */
export function successorSecret(ring: KeyRing, ...what: SuccessorInput): Buffer {
  return successorUnder(ring.current, what)
}

/** The same under the key `version`, as the row names it; null when the ring no longer has that key. */
export function successorSecretWith(ring: KeyRing, version: number, ...what: SuccessorInput): Buffer | null {
  const found = ring.get(version)
  return found === undefined ? null : successorUnder(found, what)
}

function successorUnder({ key }: RingKey, [presentedToken, sessionId]: SuccessorInput): Buffer {
  return hmacSha256(key, frame('refresh_successor', presentedToken, sessionId))
}
