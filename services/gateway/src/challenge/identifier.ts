// What counts as one e-mail address. Input is refused, never repaired: what a person typed is what gets the mail.

import { domainToASCII, domainToUnicode } from 'node:url'
import { AppError } from '@postern/service-kit/app-error'

export interface Identifier {
  kind: 'email'
  /** As typed: mail goes here. */
  address: string
  /** Who it is: lower-cased, domain in punycode. */
  identityKey: string
  /** What limits count: the identity key without a plus-tag. */
  limitKey: string
}

// RFC 5321 dot-atom; quoted local parts and comments are refused, as no vendor takes them all alike.
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * Reads one e-mail address.
 * @throws AppError VALIDATION_FAILED for anything but exactly one plain address in NFKC form
 */
export function readEmail(text: string): Identifier {
  const at = text.lastIndexOf('@')
  if (text !== text.normalize('NFKC')) throw refusal('is not in NFKC form')
  const local = text.slice(0, at).toLowerCase()
  const domain = asciiDomain(text.slice(at + 1))
  if (at < 1 || local.length > 64 || !LOCAL_PART.test(local)) throw refusal('has no plain local part')
  if (domain === undefined) throw refusal('has no valid domain')
  const identityKey = `${local}@${domain}`
  if (identityKey.length > 254) throw refusal('is too long')
  const untagged = local.indexOf('+') > 0 ? local.slice(0, local.indexOf('+')) : local
  return { kind: 'email', address: text, identityKey, limitKey: `${untagged}@${domain}` }
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

const refusal = (problem: string) =>
  new AppError('VALIDATION_FAILED', {
    reason: `e-mail address ${problem}`,
    details: [{ path: 'body.email', problem }],
  })
