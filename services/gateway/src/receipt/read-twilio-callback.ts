// Twilio's status callback: a form about one message, posted to the URL that the message was sent with. Which message it is
// stands in that URL, under our own mark; the form says what became of it.
// Sources: https://www.twilio.com/docs/messaging/guides/track-outbound-message-status, …/docs/api/errors

import { meaningOfTwilio } from '@postern/contracts/twilio-status'
import { makeReceipt, NOTHING, type Reading } from './make-receipt.ts'

export interface TwilioCallback {
  readonly tenantId: string
  readonly deliveryId: string
  readonly attempt: number
  readonly form: URLSearchParams
}

/** `now`: Twilio tells no time. */
export function readTwilioCallback({ form, ...marks }: TwilioCallback, now: Date): Reading {
  const [message, status, code] = ['MessageSid', 'MessageStatus', 'ErrorCode'].map((name) => form.get(name))
  const meaning = meaningOfTwilio(status ?? '', code ?? '')
  if (meaning === null) return { ...NOTHING, ignored: 1 }
  const facts = {
    providerMessageId: message,
    occurredAt: now,
    identity: ['twilio', message, status, code],
  }
  const receipt = makeReceipt(marks, meaning, facts)
  return receipt === null ? { ...NOTHING, unplaced: 1 } : { ...NOTHING, receipts: [receipt] }
}
