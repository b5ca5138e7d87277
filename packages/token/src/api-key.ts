// API keys: `pk_<prefix>_<secret>`. The prefix may be shown and finds the row; the secret has 256 random bits, so its
// plain SHA-256 is safe to store. The text form is fixed: exactly one spelling a key.

import { sha256 } from './digest.ts'

const FORM = /^pk_([0-9A-Za-z]{12})_[0-9A-Za-z_-]{42}[AEIMQUYcgkosw048]$/
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const PREFIX_LENGTH = 12

export interface MintedApiKey {
  /** The whole key: shown once, never stored. */
  readonly key: string
  readonly prefix: string
  /** SHA-256 of the whole key. */
  readonly digest: Buffer
}

export interface ReadApiKey {
  readonly prefix: string
  readonly digest: Buffer
}

/** Makes a key. `random` answers as many bytes from a cryptographic source as it is asked for. */
export function mintApiKey(random: (size: number) => Buffer): MintedApiKey {
  const prefix = base62(random(16))
  const key = `pk_${prefix}_${random(32).toString('base64url')}`
  return { key, prefix, digest: sha256(key) }
}

/** What is needed to look a key up; null for text that cannot be a key. Compare the digest with `equalDigest`. */
export function parseApiKey(text: string): ReadApiKey | null {
  const prefix = FORM.exec(text)?.[1]
  return prefix === undefined ? null : { prefix, digest: sha256(text) }
}

/** Twelve base62 digits of 128 random bits; the bias (2^-56) does not matter in a part that is no secret. */
function base62(bytes: Buffer): string {
  let rest = BigInt(`0x${bytes.toString('hex')}`)
  let digits = ''
  while (digits.length < PREFIX_LENGTH) {
    digits += DIGITS.charAt(Number(rest % 62n))
    rest /= 62n
  }
  return digits
}
