// Amazon SES's published event, as the text of a verified SNS notification. It carries the tags that the mail was sent with.
// Source: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html

import {
  BOUNCED,
  COMPLAINED,
  COMPLAINED_BEFORE,
  DEFERRED,
  DELIVERED,
  type Meaning,
  rejected,
  TAKEN,
  UNSUBSCRIBED,
  undelivered,
} from '@postern/contracts/receipt-meaning'
import { instantOf, makeReceipt, NOTHING, parseSigned, plainText, type Reading } from './make-receipt.ts'

type Fields = Readonly<Record<string, unknown>>

/** Where each event's own facts stand. */
const DETAILS: Readonly<Record<string, string>> = {
  Bounce: 'bounce',
  Complaint: 'complaint',
  Delivery: 'delivery',
  DeliveryDelay: 'deliveryDelay',
  Subscription: 'subscription',
}

/** `now` stands in for a time that cannot be. */
export function readSesEvent(message: string, now: Date): Reading {
  const event = fieldsOf(parseSigned(Buffer.from(message)))
  const kind = plainText(event.eventType)
  const detail = fieldsOf(Object.hasOwn(DETAILS, kind) ? event[DETAILS[kind] ?? ''] : undefined)
  const meaning = meaningOf(kind, detail)
  if (meaning === null) return { ...NOTHING, ignored: 1 }
  const mail = fieldsOf(event.mail)
  const tags = fieldsOf(mail.tags)
  const tag = (name: string) => (Array.isArray(tags[name]) ? tags[name][0] : undefined)
  const marks = { tenantId: tag('tenant_id'), deliveryId: tag('delivery_id'), attempt: tag('attempt') }
  const at = detail.timestamp ?? mail.timestamp
  const receipt = makeReceipt(marks, meaning, {
    providerMessageId: mail.messageId,
    occurredAt: instantOf(plainText(at), now),
    identity: ['ses', mail.messageId, kind, at, detail.bounceType, detail.bounceSubType],
  })
  return receipt === null ? { ...NOTHING, unplaced: 1 } : { ...NOTHING, receipts: [receipt] }
}

function meaningOf(kind: string, detail: Fields): Meaning | null {
  switch (kind) {
    case 'Send':
      return TAKEN
    case 'DeliveryDelay':
      return DEFERRED
    case 'Delivery':
      return DELIVERED
    case 'Bounce':
      return detail.bounceType === 'Permanent' ? BOUNCED : undelivered('soft_bounce')
    case 'Complaint':
      // With this sub-type SES did not send at all: the address stands on its own list.
      return detail.complaintSubType === 'OnAccountSuppressionList' ? COMPLAINED_BEFORE : COMPLAINED
    case 'Subscription':
      return UNSUBSCRIBED
    case 'Reject':
    case 'Rendering Failure':
      return rejected('content_refused')
    default:
      return null
  }
}

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
