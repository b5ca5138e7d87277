// One-time codes: six digits, each of the million equally likely. What is stored is a keyed digest bound to tenant and
// challenge, so a stolen table cannot be searched without the pepper, and a row moved to another challenge fits no code.

import { digest, digestsOfAll, type VersionedDigest } from './digest.ts'
import type { KeyRing } from './key-ring.ts'
import { bytesToUuid, uuidToBytes } from './uuid-bytes.ts'

const CODES = 1_000_000
/** The 20 lowest bits of a draw: 2^20 is the next power of two above a million. */
const MASK = 0xf_ffff
const DRAWN_BYTES = 3
/** A good source misses once in 22 draws; missing this often in a row (2^-284) says that it is none. */
const MOST_DRAWS = 64
const CODE = /^[0-9]{6}$/

/** What a code belongs to. Both are UUIDs; upper and lower case are the same. */
export interface OtpPlace {
  readonly tenantId: string
  readonly challengeId: string
}

export interface MintedOtp {
  /** Six ASCII digits, zeros in front included. */
  readonly code: string
  /** What the challenge's row stores. */
  readonly digest: Buffer
  readonly keyVersion: number
}

/** The message names what was wrong, never a code. */
export class OtpCodeError extends Error {
  override readonly name = 'OtpCodeError'
}

/**
 * Draws a code under the ring's current key. `random(n)` answers n bytes from a cryptographic source; what does not fall
 * among the million is drawn again, as a remainder would make low codes likelier.
 * @throws UuidError when an id is none; OtpCodeError when the source answers too few bytes or never one that falls
 */
export function mintOtp(ring: KeyRing, input: OtpPlace & { random: (n: number) => Buffer }): MintedOtp {
  for (let draws = 0; draws < MOST_DRAWS; draws++) {
    const bytes = input.random(DRAWN_BYTES)
    if (bytes.byteLength !== DRAWN_BYTES) throw new OtpCodeError('A code is drawn from three bytes.')
    const number = bytes.readUIntBE(0, DRAWN_BYTES) & MASK
    if (number < CODES) return fixedOtp(ring, input, String(number).padStart(6, '0'))
  }
  throw new OtpCodeError('The source of random bytes is broken.')
}

/**
 * A code that was not drawn but agreed: that of a test destination.
 * @throws UuidError when an id is none; OtpCodeError when the code is not six ASCII digits
 */
export function fixedOtp(ring: KeyRing, place: OtpPlace, code: string): MintedOtp {
  const { version, digest: kept } = digest(ring, ...bound(place, code))
  return { code, digest: kept, keyVersion: version }
}

/**
 * What a presented code would be stored as, under every live key, newest first: the row says which of them counts.
 * @throws UuidError when an id is none; OtpCodeError when the code is not six ASCII digits
 */
export function otpDigests(ring: KeyRing, place: OtpPlace, code: string): VersionedDigest[] {
  return digestsOfAll(ring, ...bound(place, code))
}

const bound = ({ tenantId, challengeId }: OtpPlace, code: string) => {
  if (!CODE.test(code)) throw new OtpCodeError('A code is six digits.')
  // As the database spells ids: a digest takes them as text.
  return ['otp', tenantId, bytesToUuid(uuidToBytes(challengeId)), Buffer.from(code)] as const
}
