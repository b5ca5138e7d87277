// SendGrid's event webhook: a list of events, each with the custom arguments of its mail at the top level. SendGrid may
// repeat an event under another `sg_event_id`, so it is known by what it says.
// Source: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event

import {
  BOUNCED,
  COMPLAINED,
  COMPLAINED_BEFORE,
  DEFERRED,
  DELIVERED,
  type Meaning,
  OPTED_OUT,
  rejected,
  TAKEN,
  UNSUBSCRIBED,
  undelivered,
} from '@postern/contracts/receipt-meaning'
import {
  instantOf,
  makeReceipt,
  NOTHING,
  parseSigned,
  plainText,
  type Reading,
  readAll,
  type TenantReceipt,
} from './make-receipt.ts'

/** Why SendGrid dropped a mail that it had taken; the beginning of what it writes, in lower case. */
const DROPS: readonly (readonly [reason: string, meaning: Meaning])[] = [
  ['bounced address', BOUNCED],
  ['spam reporting address', COMPLAINED_BEFORE],
  ['unsubscribed address', OPTED_OUT],
  ['invalid', rejected('recipient_invalid')],
]

/** `now` stands in for a time that cannot be. */
export function readSendgridEvents(body: Buffer, now: Date): Reading {
  const events = parseSigned(body)
  return Array.isArray(events)
    ? readAll(events, (event) => readEvent(event, now))
    : { ...NOTHING, unplaced: 1 }
}

function readEvent(event: Record<string, unknown>, now: Date): TenantReceipt | 'ignored' | null {
  const meaning = meaningOf(event)
  if (meaning === null) return 'ignored'
  const { tenant_id: tenantId, delivery_id: deliveryId, attempt, sg_message_id: message, timestamp } = event
  return makeReceipt({ tenantId, deliveryId, attempt }, meaning, {
    // Behind the first dot it says which of SendGrid's servers worked on it.
    providerMessageId: typeof message === 'string' ? message.split('.')[0] : null,
    occurredAt: instantOf(Number(plainText(timestamp)) * 1_000, now),
    identity: ['sendgrid', message, event.event, timestamp, event.type, event.reason],
  })
}

function meaningOf({ event, type, reason }: Record<string, unknown>): Meaning | null {
  switch (event) {
    case 'processed':
      return TAKEN
    case 'deferred':
      return DEFERRED
    case 'delivered':
      return DELIVERED
    case 'bounce':
      return type === 'blocked' ? undelivered('blocked') : BOUNCED
    case 'dropped': {
      const why = plainText(reason).toLowerCase()
      return DROPS.find(([begin]) => why.startsWith(begin))?.[1] ?? undelivered('dropped')
    }
    case 'spamreport':
      return COMPLAINED
    case 'unsubscribe':
    case 'group_unsubscribe':
      return UNSUBSCRIBED
    default:
      return null
  }
}
