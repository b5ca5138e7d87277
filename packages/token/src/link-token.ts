// The token of a magic link. It authenticates itself: a forged, damaged or re-spelled one is refused without a
// database call, and exactly one text stands for a token.
//
//   0       1        2          18            34          50                          82
//   format  key ver  tenant id  challenge id  16 random   HMAC-SHA-256("magic_link" ‖ bytes 0..49)

import { timingSafeEqual } from 'node:crypto'
import { frame } from './framing.ts'
import { hmacSha256 } from './hmac.ts'
import type { KeyRing, RingKey } from './key-ring.ts'
import { bytesToUuid, writeUuid } from './uuid-bytes.ts'

const FORMAT = 1
const TENANT = 2
const CHALLENGE = 18
const RANDOM = 34
const MAC = 50
const SIZE = 82
const TEXT_LENGTH = 110

// Every request that brings a token comes through here, so the bytes that are hashed lie in three buffers that are
// filled anew each time (a tenth faster, measured). Nothing below awaits between filling one and reading it.
const token = Buffer.alloc(SIZE)

/** Starts with a letter, framed digests start with a zero byte: under one key the two inputs can never be equal. */
const LABEL = 'magic_link'
const macInput = Buffer.from(LABEL.padEnd(LABEL.length + MAC, '\0'))

/** What `digest(ring, 'link_token', tenantId, challengeId, token)` hashes; the parts that change are filled in. */
const digestInput = frame('link_token', Buffer.alloc(16), '0'.repeat(36), token)
const DIGEST_TOKEN = digestInput.length - SIZE
const DIGEST_ID = DIGEST_TOKEN - 4 - 36
const DIGEST_TENANT = DIGEST_ID - 4 - 16

export interface LinkTokenParts {
  readonly tenantId: string
  readonly challengeId: string
  /** Exactly 16 bytes from a cryptographic source. */
  readonly random: Uint8Array
}

export interface MintedLinkToken {
  /** 110 characters of base64url. */
  readonly token: string
  /** Keyed digest of the whole token: what the challenge's row stores. */
  readonly digest: Buffer
  readonly keyVersion: number
}

export interface ReadLinkToken {
  readonly tenantId: string
  readonly challengeId: string
  readonly digest: Buffer
  readonly keyVersion: number
}

export class LinkTokenError extends Error {
  override readonly name = 'LinkTokenError'
  constructor() {
    super('A link token needs exactly 16 random bytes.')
  }
}

/**
 * Makes a token under the ring's current key.
 * @throws UuidError when an id is none; LinkTokenError when `random` has another size
 */
export function mintLinkToken(ring: KeyRing, parts: LinkTokenParts): MintedLinkToken {
  if (parts.random.byteLength !== MAC - RANDOM) throw new LinkTokenError()
  const { current } = ring
  token[0] = FORMAT
  token[1] = current.version
  writeUuid(parts.tenantId, token, TENANT)
  writeUuid(parts.challengeId, token, CHALLENGE)
  token.set(parts.random, RANDOM)
  token.set(macOf(current), MAC)
  return {
    token: token.toString('base64url'),
    digest: digestOf(current, bytesToUuid(token, CHALLENGE)),
    keyVersion: current.version,
  }
}

/**
 * Reads a token that one of the ring's keys made; null for anything else. Whether it is still good (expiry, used,
 * superseded) only its row knows. The caller compares `tenantId` with the tenant that asks.
 */
export function readLinkToken(ring: KeyRing, text: string): ReadLinkToken | null {
  if (text.length !== TEXT_LENGTH || token.write(text, 'base64url') !== SIZE) return null
  // Node's decoder also takes padding, the other alphabet, blanks and spare bits. Only the text that we would write counts.
  if (token.toString('base64url') !== text || token[0] !== FORMAT) return null
  const key = ring.get(token.readUInt8(1))
  if (key === undefined || !timingSafeEqual(macOf(key), token.subarray(MAC))) return null
  const tenantId = bytesToUuid(token, TENANT)
  const challengeId = bytesToUuid(token, CHALLENGE)
  return { tenantId, challengeId, digest: digestOf(key, challengeId), keyVersion: key.version }
}

function macOf({ key }: RingKey): Buffer {
  token.copy(macInput, LABEL.length, 0, MAC)
  return hmacSha256(key, macInput)
}

function digestOf({ key }: RingKey, challengeId: string): Buffer {
  token.copy(digestInput, DIGEST_TENANT, TENANT, CHALLENGE)
  digestInput.write(challengeId, DIGEST_ID, 'latin1')
  token.copy(digestInput, DIGEST_TOKEN)
  return hmacSha256(key, digestInput)
}
