// SendGrid's event webhook: an array of events, each with the custom arguments of its mail, signed by ECDSA over timestamp
// and raw body. Source: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event

import { createPrivateKey, sign } from 'node:crypto'
import type { ReceiptStatus } from '@postern/contracts/receipt'
import { STALE_MS } from '../../receipt/receipt.ts'
import type { ReadSecret } from '../../secret-file.ts'
import { anotherId, keyFrom, type Occurrence, type VendorWebhook } from '../vendor-webhook.ts'

type Said = Readonly<Record<string, string>>

/** What SendGrid calls it, and what it says beside. A block is a refusal that says nothing about the address. */
const EVENTS: Readonly<Record<ReceiptStatus, (reason: string) => Said>> = {
  sent: () => ({ event: 'processed' }),
  delivered: () => ({ event: 'delivered', response: '250 OK' }),
  undelivered: (reason) => ({ event: 'bounce', type: 'blocked', status: '5.7.1', reason }),
  bounced: (reason) => ({ event: 'bounce', type: 'bounce', status: '5.1.1', reason }),
  complained: () => ({ event: 'spamreport' }),
  opted_out: () => ({ event: 'unsubscribe' }),
  deferred: (reason) => ({ event: 'deferred', response: reason }),
}
const REASONS: Readonly<Partial<Record<ReceiptStatus, string>>> = {
  undelivered: '550 5.7.1 the message was refused',
  bounced: '550 5.1.1 the mailbox does not exist',
  deferred: '451 4.3.2 come back later',
}

/** @param readKey of the P-256 key's private half, in PEM */
export function sendgridWebhook(readKey: ReadSecret | undefined): VendorWebhook {
  return {
    provider: 'sendgrid',
    most: 100,
    async callFor(events, { url, tamper, now }) {
      const key = createPrivateKey(await keyFrom(readKey, 'POSTERN_SANDBOX_SENDGRID_RECEIPT_KEY_FILE'))
      const told = events.map((each) => eventOf(each, tamper === 'tenant'))
      // SendGrid ends what it signs with a line end: whoever parses and writes again checks something else.
      const body = `${JSON.stringify(told)}\r\n`
      const at = seconds(tamper === 'stale' ? new Date(now.getTime() - STALE_MS) : now)
      const signature = sign('sha256', Buffer.from(`${at}${body}`), key).toString('base64')
      return {
        url,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'SendGrid Event API',
          'x-twilio-email-event-webhook-signature': tamper === 'signature' ? brokenDer(signature) : signature,
          'x-twilio-email-event-webhook-timestamp': tamper === 'timestamp' ? String(Number(at) - 1) : at,
        },
        body: tamper === 'body' ? body.replace('"sg_event_id":"', '"sg_event_id":"x') : body,
      }
    },
  }
}

function eventOf({ sent, status, errorCode, eventId, occurredAt }: Occurrence, ofAnother: boolean) {
  const { marker, messageId, to } = sent
  const tenant = marker?.tenant_id ?? null
  const reason = errorCode === undefined ? (REASONS[status] ?? '') : String(errorCode)
  return {
    email: to,
    timestamp: Number(seconds(occurredAt)),
    'smtp-id': `<${messageId}@sandbox.invalid>`,
    ...EVENTS[status](reason),
    sg_event_id: eventId.toString('base64url'),
    sg_message_id: `${messageId}.filter0001.1.0`,
    ...(marker !== null && { delivery_id: marker.delivery_id }),
    ...(marker?.attempt != null && { attempt: String(marker.attempt) }),
    ...(tenant !== null && { tenant_id: ofAnother ? anotherId(tenant) : tenant }),
  }
}

/** The last character before the padding stands for bits of the signature itself: the form stays that of a signature. */
function brokenDer(signature: string): string {
  const bytes = Buffer.from(signature, 'base64')
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
  return bytes.toString('base64')
}

const seconds = (at: Date) => String(Math.floor(at.getTime() / 1_000))
