// Reads the text of single settings. Nothing is repaired: what is not exactly a value is a fault. No message here
// repeats the text, because somebody may have put a secret into the wrong variable.

import { isIP } from 'node:net'
import { holdsPassword } from './url-password.ts'

/** Says what a setting takes, and never what was found. */
export class SettingFault extends Error {
  override readonly name = 'SettingFault'
}

export interface Range {
  readonly min?: number
  readonly max?: number
}

/** Text of one line, without blanks around it. */
export function parseText(text: string): string {
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)) throw new SettingFault('must not hold control characters')
  if (text !== text.trim()) throw new SettingFault('must not begin or end with blanks')
  return text
}

/** A whole number in plain decimal digits. */
export function parseInteger(text: string, { min = 0, max = Number.MAX_SAFE_INTEGER }: Range): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || String(value) !== text || value < min || value > max) {
    throw new SettingFault(`must be a whole number from ${min} to ${max}`)
  }
  return value
}

export function parseFlag(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new SettingFault('must be true or false')
  return text === 'true'
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A count and its unit (`500ms`, `10s`, `5m`, `24h`, `30d`) in milliseconds. */
export function parseDuration(text: string, { min = 0, max = Number.MAX_SAFE_INTEGER }: Range): number {
  const [, count, unit] = /^(0|[1-9]\d{0,8})(ms|s|m|h|d)$/.exec(text) ?? []
  if (count === undefined || unit === undefined) {
    throw new SettingFault('must be a count with its unit: ms, s, m, h or d')
  }
  const value = Number(count) * (UNITS[unit] ?? Number.NaN)
  if (!(value >= min && value <= max)) throw new SettingFault(`must be from ${min} ms to ${max} ms`)
  return value
}

/** An absolute URL without password and fragment, and without a slash at its end when it has no path. */
export function parseUrl(text: string, schemes: readonly string[]): string {
  const plain = parseText(text)
  if (holdsPassword(plain))
    throw new SettingFault('must not hold a password: that belongs into a secret file')
  const url = URL.canParse(plain) ? new URL(plain) : undefined
  if (url === undefined || !schemes.includes(url.protocol.slice(0, -1))) {
    throw new SettingFault(`must be an absolute URL with the scheme ${schemes.join(' or ')}`)
  }
  // `https://ok.com@evil` is read as ok.com by people; a database's URL does name its user.
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:'
  if (url.hash !== '' || (isWeb && url.username !== '')) {
    throw new SettingFault('must not hold a fragment, nor a user when it is a web address')
  }
  return url.pathname === '/' && url.search === '' ? url.href.slice(0, -1) : url.href
}

/** Networks in CIDR form, separated by commas. The whole internet is refused: trusting everyone is never meant. */
export function parseCidrs(text: string): readonly string[] {
  return Object.freeze(text.split(',').map((part) => parseCidr(part.trim())))
}

function parseCidr(text: string): string {
  const [, address = '', digits = ''] = /^([0-9a-fA-F:.]+)\/(\d{1,3})$/.exec(text) ?? []
  const bits = Number(digits)
  const most = isIP(address) === 4 ? 32 : 128
  if (isIP(address) === 0 || digits !== String(bits) || bits > most) {
    throw new SettingFault('must be networks like 10.0.0.0/8 or fd00::/8, separated by commas')
  }
  if (bits === 0) throw new SettingFault('must not name a whole address space (/0)')
  return text
}
