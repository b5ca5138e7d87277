// Vendors as they call: each signs its own way, with keys of the test's that a house was given.

import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { selfSigned } from '@postern/testkit/self-signed'
import { markQuery } from '@postern/token/receipt-mark'
import { type Gateway, type House, openHouse, PUBLIC_URL } from '../setup.ts'

interface Scope {
  teardown(undo: () => unknown): unknown
}

/** As the gateway's `inject`, and `fetch`, take it. */
export interface VendorCall {
  url: string
  headers: Record<string, string>
  payload: string
}

/** A message that a vendor was asked to send. */
export interface Sent {
  tenantId: string
  deliveryId: string
  attempt: number
}

const sendgridKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const snsKeys = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const snsKey = snsKeys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
export const TOKEN = randomBytes(16).toString('hex')
export const NEXT_TOKEN = randomBytes(16).toString('hex')
export const GATEWAY_KEY = randomBytes(32).toString('base64url')
export const TOPIC = 'arn:aws:sns:eu-west-1:000000000000:postern'

/** A house that has what receipts are checked by, and a stand-in for Amazon's place with certificates. */
export async function receiptHouse(t: Scope, env: Record<string, string> = {}) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.end(selfSigned(snsKey, 'sns.test.invalid'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const snsOrigin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const house = await openHouse(t, {
    env: { POSTERN_SES_TOPICS: TOPIC, POSTERN_SNS_ORIGIN: snsOrigin, ...env },
  })
  const spki = sendgridKeys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  await keep(house, 'sendgrid-receipt-key', spki)
  await keep(house, 'twilio-receipt-token', `${TOKEN}\n${NEXT_TOKEN}`)
  await keep(house, 'gateway-receipt-key', GATEWAY_KEY)
  return { house, snsOrigin, asked }
}

export const keep = (house: House, name: string, text: string) =>
  writeFile(join(house.secretsDir, name), `${text}\n`, { mode: 0o600 })

const seconds = (at: Date) => String(Math.floor(at.getTime() / 1_000))

export function sendgridCall(
  events: object[],
  { at = new Date(), sender = 'default', key = sendgridKeys.privateKey } = {},
): VendorCall {
  const payload = `${JSON.stringify(events)}\r\n`
  const signature = sign('sha256', Buffer.from(seconds(at) + payload), key).toString('base64')
  return {
    url: `/v1/webhooks/sendgrid/${sender}`,
    headers: {
      'content-type': 'application/json',
      'x-twilio-email-event-webhook-signature': signature,
      'x-twilio-email-event-webhook-timestamp': seconds(at),
    },
    payload,
  }
}

/** An event as SendGrid tells it; `email` is the canary that must be nowhere. */
export const sendgridEvent = ({ tenantId, deliveryId, attempt }: Sent, event: string, more: object = {}) => ({
  email: 'canary-recipient@example.com',
  timestamp: 1_763_640_000,
  event,
  sg_event_id: randomBytes(12).toString('base64url'),
  sg_message_id: 'filterid.filter0001.1.0',
  tenant_id: tenantId,
  delivery_id: deliveryId,
  attempt: String(attempt),
  ...more,
})

export function twilioCall(
  gateway: Pick<Gateway, 'context'>,
  { tenantId, deliveryId, attempt }: Sent,
  form: Record<string, string>,
  { token = TOKEN, sender = 'default', expiresIn = 3_600, base = PUBLIC_URL, at = deliveryId } = {},
): VendorCall {
  const expiresAt = Math.floor(Date.now() / 1_000) + expiresIn
  const query = markQuery(gateway.context.receiptMarks, { tenantId, deliveryId, attempt, expiresAt })
  const url = `/v1/webhooks/twilio/${sender}/${at}?${query}`
  const fields = Object.entries(form).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const signature = createHmac('sha1', token)
    .update(`${base}${url}${fields.flat().join('')}`)
    .digest('base64')
  return {
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signature },
    payload: new URLSearchParams(form).toString(),
  }
}

/** Twilio's form; `To` is the canary that must be nowhere. */
export const twilioForm = (status: string, more: Record<string, string> = {}) => ({
  AccountSid: `AC${'0'.repeat(32)}`,
  MessageSid: `SM${'1'.repeat(32)}`,
  MessageStatus: status,
  To: '+491701112223',
  From: '+15005550006',
  ...more,
})

export function gatewayCall(
  events: object[],
  { at = new Date(), sender = 'default', key = GATEWAY_KEY } = {},
): VendorCall {
  const payload = JSON.stringify({ events })
  const signature = createHmac('sha256', key)
    .update(`${seconds(at)}.${payload}`)
    .digest('hex')
  return {
    url: `/v1/webhooks/gateway/${sender}`,
    headers: {
      'content-type': 'application/json',
      'x-timestamp': seconds(at),
      'x-signature': `sha256=${signature}`,
    },
    payload,
  }
}

export const gatewayEvent = ({ tenantId, deliveryId, attempt }: Sent, status: string, more: object = {}) => ({
  id: 'event-1',
  tenant: tenantId,
  message: deliveryId,
  attempt,
  status,
  occurred_at: '2026-11-20T12:00:00Z',
  ...more,
})

export interface SnsInput {
  Message?: string
  Type?: string
  TopicArn?: string
  SubscribeURL?: string
  Token?: string
  at?: Date
  version?: '1' | '2'
  sender?: string
  certificate: string
}

export function snsCall(input: SnsInput): VendorCall {
  const { at = new Date(), version = '2', sender = 'default', certificate, ...fields } = input
  const message = {
    Type: 'Notification',
    MessageId: '0190a000-0000-4000-8000-000000000001',
    TopicArn: TOPIC,
    Message: '{}',
    Timestamp: at.toISOString(),
    ...fields,
  }
  const names = Object.keys(message).toSorted() as (keyof typeof message)[]
  const text = names.map((name) => `${name}\n${message[name]}\n`).join('')
  const signature = sign(version === '1' ? 'sha1' : 'sha256', Buffer.from(text), snsKey).toString('base64')
  const signed = { ...message, SignatureVersion: version, Signature: signature, SigningCertURL: certificate }
  return {
    url: `/v1/webhooks/ses/${sender}`,
    headers: { 'content-type': 'text/plain; charset=UTF-8' },
    payload: JSON.stringify(signed),
  }
}

export const sesMessage = ({ tenantId, deliveryId, attempt }: Sent, eventType: string, more: object = {}) =>
  JSON.stringify({
    eventType,
    ...more,
    mail: {
      timestamp: '2026-11-20T12:00:00.000Z',
      messageId: 'ses-message-1',
      destination: ['canary-recipient@example.com'],
      tags: { tenant_id: [tenantId], delivery_id: [deliveryId], attempt: [String(attempt)] },
    },
  })

/** A delivery of the tenant's that the vendor took, as the notifier left it. `senderId` null: by the house's sender. */
export async function givenSent(
  gateway: Gateway,
  tenant: { id: string; issue(body?: object): Promise<{ deliveryId: string }> },
  provider: string,
  senderId: string | null = null,
): Promise<Sent> {
  const { deliveryId } = await tenant.issue()
  const { admin } = gateway.house
  await admin.query("UPDATE deliveries SET status = 'accepted', due_at = expires_at WHERE id = $1", [
    deliveryId,
  ])
  await admin.query(
    `INSERT INTO attempts (tenant_id, delivery_id, number, provider, sender_id, fence, outcome, finished_at)
     VALUES ($1, $2, 1, $3, $4, 1, 'accepted', now())`,
    [tenant.id, deliveryId, provider, senderId],
  )
  return { tenantId: tenant.id, deliveryId, attempt: 1 }
}

export async function statusOf({ house }: Pick<Gateway, 'house'>, { deliveryId }: Sent): Promise<string> {
  const { rows } = await house.admin.query('SELECT status FROM deliveries WHERE id = $1', [deliveryId])
  return rows[0].status
}
