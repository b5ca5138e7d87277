// What counts as one e-mail address or phone number. Input is refused, never repaired: what a person typed is what gets
// the message.

import { domainToASCII, domainToUnicode } from 'node:url'
import { invalidField } from '@postern/service-kit/app-error'
import { digest } from '@postern/token/digest'
import type { KeyRing } from '@postern/token/key-ring'
import { parsePhoneNumberFromString } from 'libphonenumber-js/min'

export interface Identifier {
  kind: 'email' | 'phone'
  /** Where messages go: a mail address as typed, a phone number in E.164. */
  address: string
  /** Who it is: a mail address lower-cased, its domain in punycode; a phone number in E.164. */
  identityKey: string
  /** What limits count: the identity key without a plus-tag. */
  limitKey: string
}

// RFC 5321 dot-atom; quoted local parts and comments are refused, as no vendor takes them all alike.
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

// What an international number is written with. Letters, extensions and a trunk zero in brackets are not.
const NUMBER = /^\+[0-9](?:[ ().-]{0,2}[0-9]){5,20}$/

/** What the trail shows instead of the identifier: keyed, so that two events about one can be told to belong together. */
export const identifierDigest = (
  pepper: KeyRing,
  tenantId: string,
  { identityKey }: Pick<Identifier, 'identityKey'>,
): string => digest(pepper, 'identifier', tenantId, '', Buffer.from(identityKey)).digest.toString('base64url')

/**
 * Reads one e-mail address. `path` is where the request has it.
 * @throws AppError VALIDATION_FAILED for anything but exactly one plain address in NFKC form
 */
export function readEmail(text: string, path = 'body.email'): Identifier {
  const at = text.lastIndexOf('@')
  if (text !== text.normalize('NFKC')) throw invalidField(path, 'is not in NFKC form')
  const local = text.slice(0, at).toLowerCase()
  const domain = asciiDomain(text.slice(at + 1))
  if (at < 1 || local.length > 64 || !LOCAL_PART.test(local))
    throw invalidField(path, 'has no plain local part')
  if (domain === undefined) throw invalidField(path, 'has no valid domain')
  const identityKey = `${local}@${domain}`
  if (identityKey.length > 254) throw invalidField(path, 'is too long')
  return { kind: 'email', address: text, identityKey, limitKey: limitKeyOf({ kind: 'email', identityKey }) }
}

/** What limits count an identifier as: a mailbox is one, whatever its plus-tag. */
export function limitKeyOf({ kind, identityKey }: Pick<Identifier, 'kind' | 'identityKey'>): string {
  const plus = identityKey.indexOf('+')
  return kind === 'phone' || plus < 1
    ? identityKey
    : identityKey.slice(0, plus) + identityKey.slice(identityKey.lastIndexOf('@'))
}

/** The domain in lower-case ASCII, or undefined when it is not a public host name. */
function asciiDomain(text: string): string | undefined {
  // The URL parser drops or maps these silently; an address that needs it is not what was typed.
  if (/[^\p{L}\p{M}\p{N}.-]/u.test(text)) return undefined
  const ascii = domainToASCII(text)
  // Marks that cannot be seen (variation selectors, fillers) are dropped by it without a word.
  if (![ascii, domainToUnicode(ascii)].includes(text.toLowerCase())) return undefined
  const labels = ascii.split('.')
  const last = labels.at(-1) ?? ''
  if (labels.length < 2 || ascii.length > 253 || /^\d+$/.test(last)) return undefined
  return labels.every((label) => LABEL.test(label)) ? ascii : undefined
}

/**
 * Reads one phone number in international form, as `+49 30 901820`; E.164 is its plainest. Whether the number is in use
 * only its network knows: what has a number's length counts as one. `path` is where the request has it.
 * @throws AppError VALIDATION_FAILED for anything else
 */
export function readPhone(text: string, path = 'body.phone'): Identifier {
  const number = NUMBER.test(text) ? parsePhoneNumberFromString(text, { extract: false }) : undefined
  // The parser drops what it takes for a trunk prefix: a number that needs it is not what was typed.
  if (!number?.isPossible() || number.number !== `+${text.replaceAll(/[^0-9]/g, '')}`) {
    throw invalidField(path, 'is not in international form')
  }
  return { kind: 'phone', address: number.number, identityKey: number.number, limitKey: number.number }
}
