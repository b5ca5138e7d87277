// The token of a sign-in that still needs a factor. Like a mailed link's it authenticates itself, under a label of its own:
// neither is ever taken for the other, and a forged one costs no database call.
//
//   0       1        2          18          34         50                          82
//   format  key ver  tenant id  pending id  16 random  HMAC-SHA-256("mfa_token_mac" ‖ bytes 0..49), framed

import { timingSafeEqual } from 'node:crypto'
import { frame } from './framing.ts'
import { hmacSha256 } from './hmac.ts'
import type { KeyRing, RingKey } from './key-ring.ts'
import { bytesToUuid, writeUuid } from './uuid-bytes.ts'

const FORMAT = 1
const TENANT = 2
const PENDING = 18
const RANDOM = 34
const MAC = 50
const SIZE = 82
const TEXT_LENGTH = 110

export interface MfaTokenParts {
  readonly tenantId: string
  /** the id of the pending sign-in */
  readonly pendingId: string
  /** Exactly 16 bytes from a cryptographic source. */
  readonly random: Uint8Array
}

export interface MintedMfaToken {
  /** 110 characters of base64url. */
  readonly token: string
  /** Keyed digest of the whole token: what the pending sign-in's row stores. */
  readonly digest: Buffer
  readonly keyVersion: number
}

export interface ReadMfaToken {
  readonly tenantId: string
  readonly pendingId: string
  readonly digest: Buffer
  readonly keyVersion: number
}

/**
 * Makes a token under the ring's current key.
 * @throws UuidError when an id is none; RangeError when `random` has another size
 */
export function mintMfaToken(ring: KeyRing, parts: MfaTokenParts): MintedMfaToken {
  if (parts.random.byteLength !== MAC - RANDOM) throw new RangeError('A token needs exactly 16 random bytes.')
  const { current } = ring
  const token = Buffer.alloc(SIZE)
  token[0] = FORMAT
  token[1] = current.version
  writeUuid(parts.tenantId, token, TENANT)
  writeUuid(parts.pendingId, token, PENDING)
  token.set(parts.random, RANDOM)
  token.set(macOf(current, token), MAC)
  return { token: token.toString('base64url'), digest: digestOf(current, token), keyVersion: current.version }
}

/**
 * Reads a token that one of the ring's keys made; null for anything else. Whether it is still good only its row knows.
 * The caller compares `tenantId` with the tenant that asks.
 */
export function readMfaToken(ring: KeyRing, text: string): ReadMfaToken | null {
  if (text.length !== TEXT_LENGTH) return null
  const token = Buffer.from(text, 'base64url')
  // The decoder takes other spellings too; only the text that we would write counts.
  if (token.length !== SIZE || token.toString('base64url') !== text || token[0] !== FORMAT) return null
  const key = ring.get(token.readUInt8(1))
  if (key === undefined || !timingSafeEqual(macOf(key, token), token.subarray(MAC))) return null
  return {
    tenantId: bytesToUuid(token, TENANT),
    pendingId: bytesToUuid(token, PENDING),
    digest: digestOf(key, token),
    keyVersion: key.version,
  }
}

function macOf({ key }: RingKey, token: Buffer): Buffer {
  return hmacSha256(key, frame('mfa_token_mac', token.subarray(0, MAC)))
}

function digestOf({ key }: RingKey, token: Buffer): Buffer {
  const [tenantId, pendingId] = [token.subarray(TENANT, PENDING), bytesToUuid(token, PENDING)]
  return hmacSha256(key, frame('mfa_token', tenantId, pendingId, token))
}
