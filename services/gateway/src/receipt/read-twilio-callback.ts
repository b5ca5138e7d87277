// Twilio's status callback: a form about one message, posted to the URL that the message was sent with. Which message it is
// stands in that URL, under our own mark; the form says what became of it.
// Sources: https://www.twilio.com/docs/messaging/guides/track-outbound-message-status, …/docs/api/errors

import { makeReceipt, NOTHING, type Reading } from './make-receipt.ts'
import { DELIVERED, type Meaning, OPTED_OUT, PASSED_ON, rejected, TAKEN, undelivered } from './meaning.ts'

/**
 * What another vendor may deliver after all. Every other code ends the message: the number cannot get it, or a second
 * vendor would defeat what the first is for.
 */
const AGAIN: Readonly<Record<string, string>> = {
  30001: 'vendor_queue_full',
  30002: 'vendor_account_refused',
  30003: 'recipient_unreachable',
  30007: 'filtered',
  30008: 'vendor_failed',
  30034: 'vendor_misconfigured',
  30410: 'vendor_failed',
}
const NEVER: Readonly<Record<string, string>> = {
  30004: 'recipient_blocked',
  30005: 'recipient_unknown',
  30006: 'recipient_landline',
  30450: 'pumping_blocked',
  30610: 'compliance',
  30640: 'compliance',
}

export interface TwilioCallback {
  readonly tenantId: string
  readonly deliveryId: string
  readonly attempt: number
  readonly form: URLSearchParams
}

/** `now`: Twilio tells no time. */
export function readTwilioCallback({ form, ...marks }: TwilioCallback, now: Date): Reading {
  const [message, status, code] = ['MessageSid', 'MessageStatus', 'ErrorCode'].map((name) => form.get(name))
  const meaning = meaningOf(status ?? '', code ?? '')
  if (meaning === null) return { ...NOTHING, ignored: 1 }
  const facts = {
    providerMessageId: message,
    occurredAt: now,
    identity: ['twilio', message, status, code],
  }
  const receipt = makeReceipt(marks, meaning, facts)
  return receipt === null ? { ...NOTHING, unplaced: 1 } : { ...NOTHING, receipts: [receipt] }
}

function meaningOf(status: string, code: string): Meaning | null {
  switch (status) {
    case 'accepted':
    case 'queued':
    case 'sending':
      return TAKEN
    case 'sent':
      return PASSED_ON
    case 'delivered':
    case 'read':
      return DELIVERED
    case 'canceled':
      return rejected('cancelled_at_vendor')
    case 'undelivered':
    case 'failed': {
      if (code === '21610') return OPTED_OUT
      const again = Object.hasOwn(AGAIN, code) ? AGAIN[code] : undefined
      if (again !== undefined) return undelivered(again)
      return rejected((Object.hasOwn(NEVER, code) ? NEVER[code] : undefined) ?? 'undelivered')
    }
    default:
      return null
  }
}
