// Addresses and names as mail systems take them: ASCII, with nothing in them that could begin a second address or header.

import { domainToASCII } from 'node:url'

/** Domains in ASCII only; everything else stays as it was typed. */
export function asciiDomain(address: string): string {
  const at = address.lastIndexOf('@') + 1
  const domain = address.slice(at)
  return /[^ -~]/.test(domain) ? `${address.slice(0, at)}${domainToASCII(domain)}` : address
}

/** `"Name" <address>` (RFC 5322, 3.4), the name as encoded words (RFC 2047) where it is not ASCII. */
export function mailboxOf({ email, name }: { readonly email: string; readonly name: string }): string {
  const address = asciiDomain(email)
  const clean = name.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  if (clean === '') return address
  const shown = /[^ -~]/.test(clean) ? encodedWords(clean) : `"${clean.replace(/["\\]/g, '\\$&')}"`
  return `${shown} <${address}>`
}

/** An encoded word has 75 characters at most, and ends between two characters of the text. */
function encodedWords(text: string): string {
  const words: string[] = []
  let word = ''
  for (const char of text) {
    if (Buffer.byteLength(word + char) > 45) {
      words.push(word)
      word = ''
    }
    word += char
  }
  return [...words, word].map((each) => `=?UTF-8?B?${Buffer.from(each).toString('base64')}?=`).join(' ')
}
