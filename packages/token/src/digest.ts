// Keyed digests: what is stored instead of a secret. A digest made for one label, tenant or id never fits another,
// and without the pepper, which is not in the database, a stolen table cannot be searched for short codes.

import { hash, timingSafeEqual } from 'node:crypto'
import { frame } from './framing.ts'
import { hmacSha256 } from './hmac.ts'
import type { KeyRing, RingKey } from './key-ring.ts'
import { uuidToBytes } from './uuid-bytes.ts'

/** What a digest is for. `magic_link` is not here: it is the label of the link token's MAC, its digest is `link_token`. */
export type DigestLabel = 'link_token' | 'otp' | 'identifier' | 'recovery_code' | 'mfa_token' | 'idempotency'

export interface VersionedDigest {
  readonly version: number
  readonly digest: Buffer
}

/**
 * What a digest binds besides its key. The tenant's id is a UUID (upper and lower case are the same); `id` is taken
 * as text, so give it as the row spells it.
 */
export type DigestInput = readonly [label: DigestLabel, tenantId: string, id: string, secret: Uint8Array]

/**
 * HMAC-SHA-256(key, label ‖ tenant ‖ id ‖ secret), each part with its length, under the ring's current key.
 * @throws UuidError, FramingError when tenant or id are not what they should be
 */
export function digest(ring: KeyRing, ...what: DigestInput): VersionedDigest {
  const { current } = ring
  return { version: current.version, digest: digestUnder(current, ...what) }
}

/** The same under every live key, newest first: the row says by its key version which of them counts. */
export function digestsOfAll(ring: KeyRing, ...what: DigestInput): VersionedDigest[] {
  return ring
    .all()
    .map((key) => ({ version: key.version, digest: digestUnder(key, ...what) }))
    .reverse()
}

/** The same under a key that the caller already took from its ring. */
function digestUnder(key: RingKey, ...what: DigestInput): Buffer {
  const [label, tenantId, id, secret] = what
  return hmacSha256(key.key, frame(label, uuidToBytes(tenantId), id, secret))
}

/** Compares in constant time; digests of different length are different. */
export function equalDigest(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && timingSafeEqual(a, b)
}

/** SHA-256 without a key: only for secrets that are themselves at least 256 random bits. */
export function sha256(data: Uint8Array | string): Buffer {
  return hash('sha256', data, 'buffer')
}
