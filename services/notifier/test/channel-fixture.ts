// What differs between the channels in tests of what they share: the vendor, the message, and what a payload may not hold.

import type { Channel } from '../src/delivery/channel.ts'
import { createEmailChannel } from '../src/delivery/email-channel.ts'
import type { SealRing } from '../src/delivery/payload.ts'
import { createSmsChannel } from '../src/delivery/sms-channel.ts'
import type { EmailMessage, Sender, SmsMessage } from '../src/sender/sender.ts'
import { createSendGridSender } from '../src/sender/sendgrid.sender.ts'
import { createTwilioSender } from '../src/sender/twilio.sender.ts'
import { createVendorRouter } from '../src/sender/vendor-router.ts'
import type { DeliveryInput } from './delivery-fixture.ts'
import { type ChannelName, payloadOf } from './payload-fixture.ts'
import type { Provider } from './vendor-fixture.ts'

/** What a message of any channel has. */
export type AnyMessage = Pick<EmailMessage & SmsMessage, 'deliveryId' | 'attempt' | 'to' | 'text'>
export type AnySender = Sender<AnyMessage>
type Senders = readonly [AnySender, ...AnySender[]]

export interface ChannelKit {
  readonly name: ChannelName
  readonly provider: Provider
  /** The vendor's key or token: never to be seen. */
  readonly key: string
  /** Of the vendor's double at `url`. */
  senderTo(url: string): AnySender & { close(): void }
  channel(sealRing: SealRing, senders: Senders): Channel<AnyMessage>
  /** The vendor can be asked what it has, so a message whose answer was lost is not sent twice. */
  readonly canLookUp: boolean
  /** What of a message proves something: its link or its code. */
  secretOf(text: string): string | undefined
  /** Payloads that are sealed as they should be and hold what no message may be made of. */
  readonly malformed: readonly DeliveryInput[]
}

const SENDGRID_KEY = 'SG.canary-key-4711.canary-key-4711-canary-key-4711'
const TWILIO_TOKEN = 'canary-token-4711-canary-token-4711'
export const TWILIO_ACCOUNT = `AC${'0a'.repeat(16)}`

export const EMAIL: ChannelKit = {
  name: 'email',
  provider: 'sendgrid',
  key: SENDGRID_KEY,
  senderTo: (url) => createSendGridSender({ url, apiKey: SENDGRID_KEY, connections: 50 }) as never,
  channel: (sealRing, senders) =>
    createEmailChannel({
      sealRing,
      from: 'sign-in@id.example.org',
      vendors: createVendorRouter<EmailMessage>(senders),
    }) as never,
  canLookUp: false,
  secretOf: (text) => text.match(/https:\S+/)?.[0],
  malformed: [
    { payload: { ...payloadOf(), to: ['a@example.org', 'b@example.org'] } },
    { to: 'a@example.org,b@example.org' },
    { to: 'Ada <a@example.org>' },
    { to: 'a@example.org\r\nBcc: b@example.org' },
    { to: '"a b"@example.org' },
    { to: '+447700900123' },
    { link: 'javascript:alert(1)' },
    { link: 'https://id.example.org/l#a b' },
    { template: 'otp', code: '12345' },
    { template: 'otp', to: '+447700900123' },
    { template: 'otp', payload: payloadOf() },
  ],
}

export const SMS: ChannelKit = {
  name: 'sms',
  provider: 'twilio',
  key: TWILIO_TOKEN,
  senderTo: (url) =>
    createTwilioSender({
      url,
      accountSid: TWILIO_ACCOUNT,
      authToken: TWILIO_TOKEN,
      from: { from: 'Acme' },
      connections: 50,
    }) as never,
  channel: (sealRing, senders) =>
    createSmsChannel({ sealRing, vendors: createVendorRouter<SmsMessage>(senders) }) as never,
  canLookUp: true,
  secretOf: (text) => text.match(/ #(\d{6})$/)?.[1],
  malformed: [
    ...[
      ['+447700900123', '+447700900124'],
      '+447700900123,+447700900124',
      '07700 900123',
      '+0447700900',
      '+44770',
      '+4477009001234567',
      '+44770090012３',
      'whatsapp:+447700900123',
      'ada@example.org',
    ].map((to) => ({ payload: { ...sms(), to } })),
    ...['12345', '1234567', '12345a', '１２３４５６', 123456].map((code) => ({
      payload: { ...sms(), code },
    })),
    ...['', 'a b', 'evil.example #666666', 'a\nb', '@x'].map((origin_domain) => ({
      payload: { ...sms(), origin_domain },
    })),
    { payload: { ...sms(), minutes: 0 } },
    { payload: payloadOf() },
  ],
}

function sms() {
  return payloadOf({ channel: 'sms' })
}
