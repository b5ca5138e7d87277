// The receipts of an operator's own HTTP gateway, as docs/senders.md asks for them: events in JSON, signed by HMAC-SHA-256
// over timestamp and body, as the messages are that it gets.

import { createHmac } from 'node:crypto'
import { STALE_MS } from '../../receipt/receipt.ts'
import type { ReadSecret } from '../../secret-file.ts'
import { anotherId, CannotTell, keyFrom, type Occurrence, type VendorWebhook } from '../vendor-webhook.ts'

export function gatewayWebhook(readKey: ReadSecret | undefined): VendorWebhook {
  return {
    provider: 'gateway',
    most: 100,
    async callFor(events, { url, tamper, now }) {
      const key = await keyFrom(readKey, 'POSTERN_SANDBOX_GATEWAY_RECEIPT_KEY_FILE')
      const told = events.map((each) => eventOf(each, tamper === 'tenant'))
      const body = JSON.stringify({ events: told })
      const at = Math.floor((now.getTime() - (tamper === 'stale' ? STALE_MS : 0)) / 1_000)
      const signature = createHmac('sha256', key).update(`${at}.${body}`).digest()
      if (tamper === 'signature') signature.writeUInt8(signature.readUInt8(0) ^ 1, 0)
      return {
        url,
        headers: {
          'content-type': 'application/json',
          'x-timestamp': String(tamper === 'timestamp' ? at - 1 : at),
          'x-signature': `sha256=${signature.toString('hex')}`,
        },
        body: tamper === 'body' ? body.replace('"id":"', '"id":"x') : body,
      }
    },
  }
}

function eventOf({ sent, status, errorCode, eventId, occurredAt }: Occurrence, ofAnother: boolean) {
  const { marker } = sent
  if (marker === null) throw new CannotTell('The message carried no mark.')
  const tenant = marker.tenant_id
  return {
    id: eventId.toString('hex'),
    ...(tenant !== null && { tenant: ofAnother ? anotherId(tenant) : tenant }),
    message: marker.delivery_id,
    attempt: marker.attempt ?? 1,
    status,
    occurred_at: occurredAt.toISOString(),
    ...(errorCode !== undefined && { error_code: String(errorCode) }),
  }
}
