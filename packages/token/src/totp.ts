// Time-based one-time passwords (RFC 6238) of the kind that every authenticator app knows: SHA-1, six digits, 30 seconds.
// Which step a code is of is told, so that the caller can see to it that no step is accepted twice.

import { createHmac, timingSafeEqual } from 'node:crypto'

/** 160 bits: the length that RFC 4226 recommends, and a whole number of base32 characters. */
export const TOTP_SECRET_BYTES = 20
const STEP_SECONDS = 30
const DIGITS = 6
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The HOTP value of a counter (RFC 4226, section 5.3), with leading zeros. */
export function hotp(secret: Uint8Array, counter: number, digits = DIGITS): string {
  const moving = Buffer.alloc(8)
  moving.writeBigUInt64BE(BigInt(counter))
  const mac = createHmac('sha1', secret).update(moving).digest()
  const offset = mac.readUInt8(19) & 0xf
  const value = mac.readUInt32BE(offset) & 0x7fff_ffff
  return String(value % 10 ** digits).padStart(digits, '0')
}

/** The time step that `at` lies in. */
export const totpStep = (at: Date): number => Math.floor(at.getTime() / 1_000 / STEP_SECONDS)

/**
 * The step that `code` is of: the current one or the one before, or null. Both are computed and compared each time, so
 * that the time this takes tells nothing.
 */
export function matchTotp(secret: Uint8Array, code: string, at: Date): number | null {
  const current = totpStep(at)
  const isPrevious = sameText(hotp(secret, current - 1), code)
  const isCurrent = sameText(hotp(secret, current), code)
  return isCurrent ? current : isPrevious ? current - 1 : null
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** The secret as people type it: base32 without padding (RFC 4648, section 6). */
export function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32.charAt((held >> (bits - 5)) & 31)
    held &= 0xff
  }
  return bits > 0 ? text + BASE32.charAt((held << (5 - bits)) & 31) : text
}

/**
 * What an authenticator app reads from the QR code: the key URI format of Google Authenticator. Colons part issuer and
 * account there, so names lose theirs.
 */
export function totpUrl(named: { issuer: string; account: string }, secret: Uint8Array): string {
  const [issuer, account] = [named.issuer, named.account].map((name) =>
    encodeURIComponent(name.replaceAll(':', ' ')),
  )
  return (
    `otpauth://totp/${issuer}:${account}?secret=${base32(secret)}&issuer=${issuer}` +
    `&algorithm=SHA1&digits=${DIGITS}&period=${STEP_SECONDS}`
  )
}
