// The four vendors that report by webhook: how each says that a message arrived, and how each is forged.

import { generateKeyPairSync, randomUUID } from 'node:crypto'
import type { Gateway } from '../setup.ts'
import {
  gatewayCall,
  gatewayEvent,
  type Sent,
  sendgridCall,
  sendgridEvent,
  sesMessage,
  snsCall,
  TOPIC,
  twilioCall,
  twilioForm,
  type VendorCall,
} from './vendor-calls.ts'

export interface Vendor {
  name: string
  delivered(sent: Sent, sender?: string): VendorCall
  /** What must be refused, by what is wrong with it. */
  forged(sent: Sent): Record<string, VendorCall>
}

const changed = (call: VendorCall, headers: Record<string, string>): VendorCall => ({
  ...call,
  headers: { ...call.headers, ...headers },
})
const old = new Date(Date.now() - 301_000)
// Longer than this file takes, so that it is never in time.
const soon = new Date(Date.now() + 1_800_000)

export const vendorsOf = (gateway: Gateway, certificate: string): readonly Vendor[] => [
  {
    name: 'sendgrid',
    delivered: (sent, sender) => sendgridCall([sendgridEvent(sent, 'delivered')], sender ? { sender } : {}),
    forged(sent) {
      const right = this.delivered(sent)
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      return {
        'another key': sendgridCall([sendgridEvent(sent, 'delivered')], { key: privateKey }),
        'a changed body': { ...right, payload: right.payload.replace('filterid', 'filteriD') },
        'a body without its line end': { ...right, payload: right.payload.trimEnd() },
        'another time': changed(right, { 'x-twilio-email-event-webhook-timestamp': '1763640000' }),
        'too old': sendgridCall([sendgridEvent(sent, 'delivered')], { at: old }),
        'too early': sendgridCall([sendgridEvent(sent, 'delivered')], { at: soon }),
        'no signature': { ...right, headers: { 'content-type': 'application/json' } },
        'odd base64': changed(right, { 'x-twilio-email-event-webhook-signature': 'AAAA' }),
      }
    },
  },
  {
    name: 'twilio',
    delivered: (sent, sender) => twilioCall(gateway, sent, twilioForm('delivered'), sender ? { sender } : {}),
    forged(sent) {
      const right = this.delivered(sent)
      const form = twilioForm('delivered')
      return {
        'another token': twilioCall(gateway, sent, form, { token: 'f'.repeat(32) }),
        'a changed form': { ...right, payload: `${right.payload}0` },
        'another URL, rightly signed': twilioCall(gateway, sent, form, { at: randomUUID() }),
        'another host': twilioCall(gateway, sent, form, { base: 'https://evil.example' }),
        'a mark whose time is over': twilioCall(gateway, sent, form, { expiresIn: -1 }),
        'no mark': { ...right, url: right.url.split('?')[0] ?? '' },
        'no signature': { ...right, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      }
    },
  },
  {
    name: 'gateway',
    delivered: (sent, sender) => gatewayCall([gatewayEvent(sent, 'delivered')], sender ? { sender } : {}),
    forged(sent) {
      const right = this.delivered(sent)
      return {
        'another key': gatewayCall([gatewayEvent(sent, 'delivered')], { key: 'f'.repeat(32) }),
        'a changed body': { ...right, payload: right.payload.replace('event-1', 'event-2') },
        'another time': changed(right, { 'x-timestamp': '1763640000' }),
        'too old': gatewayCall([gatewayEvent(sent, 'delivered')], { at: old }),
        'no signature': { ...right, headers: { 'content-type': 'application/json' } },
      }
    },
  },
  {
    name: 'ses',
    delivered: (sent, sender) =>
      snsCall({
        Message: sesMessage(sent, 'Delivery', { delivery: { timestamp: '2026-11-20T12:00:01Z' } }),
        certificate,
        ...(sender && { sender }),
      }),
    forged(sent) {
      const right = this.delivered(sent)
      const Message = sesMessage(sent, 'Delivery')
      return {
        'a changed message': { ...right, payload: right.payload.replace('ses-message-1', 'ses-message-2') },
        'another topic': snsCall({ Message, TopicArn: `${TOPIC}-evil`, certificate }),
        'a certificate elsewhere': snsCall({ Message, certificate: 'https://evil.example/certificate.pem' }),
        'a certificate in Amazon’s S3': snsCall({
          Message,
          certificate: `https://s3.eu-west-1.amazonaws.com/SimpleNotificationService-${'0'.repeat(32)}.pem`,
        }),
        'a certificate by a look-alike host': snsCall({
          Message,
          certificate: `https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-${'0'.repeat(32)}.pem`,
        }),
        'too old': snsCall({ Message, at: new Date(Date.now() - 25 * 3_600_000), certificate }),
        'no JSON': { ...right, payload: 'x' },
      }
    },
  },
]
