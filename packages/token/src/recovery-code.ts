// Recovery codes: what stands for a lost authenticator, once each. 80 random bits in Crockford's alphabet, which has no
// letters to take for digits; what a person types back is read whatever its case, dashes and blanks.

import { digest, digestsOfAll, type VersionedDigest } from './digest.ts'
import type { KeyRing } from './key-ring.ts'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const BYTES = 10
const LENGTH = 16
/** How many a person gets. */
export const RECOVERY_CODES = 10

export interface RecoveryCodeOwner {
  readonly tenantId: string
  readonly userId: string
}

export interface MintedRecoveryCode {
  /** As it is shown: four groups of four, with dashes. */
  readonly code: string
  readonly digest: Buffer
  readonly keyVersion: number
}

/** A person's set of codes; `random` gives as many bytes as it is asked for, from a cryptographic source. */
export function mintRecoveryCodes(
  ring: KeyRing,
  owner: RecoveryCodeOwner,
  random: (bytes: number) => Uint8Array,
): MintedRecoveryCode[] {
  return Array.from({ length: RECOVERY_CODES }, () => {
    const canonical = spell(random(BYTES))
    const { version, digest } = digestOf(ring, owner, canonical)
    return { code: canonical.replace(/(.{4})(?=.)/g, '$1-'), digest, keyVersion: version }
  })
}

/** The digests of what a person typed, one a live key; null for text that no code can be. */
export function recoveryCodeDigests(
  ring: KeyRing,
  { tenantId, userId }: RecoveryCodeOwner,
  text: string,
): VersionedDigest[] | null {
  const canonical = readRecoveryCode(text)
  if (canonical === null) return null
  return digestsOfAll(ring, 'recovery_code', tenantId, userId, Buffer.from(canonical))
}

/** The one spelling of what a person typed, as Crockford's base32 reads it: O is 0, I and L are 1. */
function readRecoveryCode(text: string): string | null {
  // Nothing longer can be one, however it is parted; only ASCII changes case alike everywhere.
  if (text.length > 4 * LENGTH || /[^\x20-\x7e]/.test(text)) return null
  const plain = text.toUpperCase().replace(/[-\s]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1')
  const known = plain.length === LENGTH && [...plain].every((letter) => ALPHABET.includes(letter))
  return known ? plain : null
}

function digestOf(
  ring: KeyRing,
  { tenantId, userId }: RecoveryCodeOwner,
  canonical: string,
): VersionedDigest {
  return digest(ring, 'recovery_code', tenantId, userId, Buffer.from(canonical))
}

/** Ten bytes as sixteen letters, five bits each. */
function spell(bytes: Uint8Array): string {
  if (bytes.byteLength !== BYTES) throw new RangeError('A recovery code needs exactly 10 random bytes.')
  let value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  let text = ''
  for (let letter = 0; letter < LENGTH; letter++) {
    text = ALPHABET.charAt(Number(value & 31n)) + text
    value >>= 5n
  }
  return text
}
