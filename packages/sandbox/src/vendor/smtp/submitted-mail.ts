// A mail as it came over SMTP: checked for what RFC 5322 demands of it, read for the inbox, and for our marker.

import postalMime, { type Email } from 'postal-mime'
import { markerFrom } from '../json-body.ts'
import type { Marker, OutgoingMessage } from '../vendor-double.ts'

/** Longest line without its end (RFC 5322, 2.1.1), in bytes. */
const MAX_LINE = 998
const ONCE = ['from', 'date', 'message-id', 'subject', 'to', 'sender', 'reply-to']

export async function readMail(raw: Buffer): Promise<Email> {
  return await postalMime.parse(raw)
}

/** What is wrong with it, as a sentence; null when it may go. */
export function mailFault(raw: Buffer, mail: Email): string | null {
  const lines = raw.toString('latin1').split('\r\n')
  if (lines.some((line) => line.length > MAX_LINE)) return `a line is longer than ${MAX_LINE} bytes`
  if (lines.some((line) => /[\r\n\0]/.test(line))) return 'a line end is not CRLF'
  const count = (name: string) => mail.headers.filter(({ key }) => key === name).length
  const twice = ONCE.find((name) => count(name) > 1)
  if (twice !== undefined) return `the header ${twice} comes twice`
  const missing = ['from', 'date'].find((name) => count(name) === 0)
  if (missing !== undefined) return `the header ${missing} is missing`
  if (mail.from?.address === undefined || !mail.from.address.includes('@')) return 'From is not one address'
  return null
}

/** One message a recipient of the envelope: who the headers name does not matter. */
export function messagesOf(mail: Email, recipients: readonly string[]): OutgoingMessage[] {
  const headers = Object.fromEntries(mail.headers.map(({ originalKey, value }) => [originalKey, value]))
  return recipients.map((to) => ({
    channel: 'email' as const,
    to,
    from: mail.from?.address ?? '',
    from_name: mail.from?.name || null,
    subject: mail.subject ?? null,
    text: withoutLastLineEnd(mail.text),
    html: withoutLastLineEnd(mail.html),
    headers,
  }))
}

/** The id that the mail was given by whoever made it, without its brackets. */
export const messageIdOf = (mail: Email) => mail.messageId?.replace(/^<|>$/g, '') ?? null

/** `<delivery>.<attempt>`, as the envelope's id (RFC 3461) or the header X-Postern-Delivery holds it. */
export function markerOf(text: string | null | undefined): Marker | null {
  const [, delivery, attempt] = /^([0-9a-f-]{36})(?:\.(\d{1,9}))?$/.exec(text ?? '') ?? []
  return markerFrom(delivery, attempt)
}

/** The end of a part is a line end, whether its text had one or not. */
const withoutLastLineEnd = (text: string | undefined) => text?.replace(/\r?\n$/, '') ?? null
