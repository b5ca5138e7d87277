// Every vendor as the conformance suite needs it: how its sender is built against a double or a bare port, and where its
// wire makes an answer mean something else than the others'.

import { join } from 'node:path'
import type { Sandbox, SandboxOptions } from '@postern/sandbox/sandbox'
import { systemClock } from '@postern/service-kit/clock'
import type { Test } from 'tap'
import { createGatewaySender } from '../../src/sender/gateway.sender.ts'
import type { EmailMessage, Sender, SendOutcome, SmsMessage } from '../../src/sender/sender.ts'
import { createSendGridSender } from '../../src/sender/sendgrid.sender.ts'
import { createSesSender } from '../../src/sender/ses.sender.ts'
import { createSmtpSender } from '../../src/sender/smtp.sender.ts'
import { createTwilioSender } from '../../src/sender/twilio.sender.ts'

export const KEYS = ['canary-first-key', 'canary-second-key-of-the-vendor'] as const
export const LINK = 'https://id.example.org/l#canary-link'

export const EMAIL: EmailMessage = {
  tenantId: '0190a000-0000-7000-8000-0000000000aa',
  deliveryId: '0190a000-0000-7000-8000-000000000001',
  attempt: 2,
  to: 'canary.ada@example.org',
  from: { email: 'sign-in@id.example.org', name: 'Acme, "Größe" & Sons' },
  subject: 'Sign in to Größe',
  text: `Open ${LINK}\nbefore noon.`,
  html: `<a href="${LINK}">Sign in</a>`,
}
export const SMS: SmsMessage = {
  tenantId: EMAIL.tenantId,
  deliveryId: EMAIL.deliveryId,
  attempt: 2,
  to: '+4915112345678',
  text: 'Your code is 123456\n@example.org #123456',
  validForSeconds: 240,
}

type AnySender = Sender<EmailMessage & SmsMessage> & { close(): void }
export type Expected = {
  readonly kind: SendOutcome['kind']
  readonly code?: string
  readonly answered?: true
}

export interface Subject {
  readonly name: string
  readonly provider: string
  readonly message: EmailMessage | SmsMessage
  /** Keys that the double compares, as its options name their file. */
  readonly keyFile: Partial<Record<keyof SandboxOptions, string>>
  toDouble(sandbox: Sandbox): AnySender
  /** Speaks to whatever listens there. */
  toPort(port: number): AnySender
  /** An HTTP vendor's redirects and answers without end can be acted out by any server. */
  readonly speaksHttp: boolean
  /** What differs from `HTTP_MEANINGS`. */
  readonly means: Readonly<Record<string, Expected>>
}

/** What each fault of the sandbox means where the vendor speaks HTTP and nothing more is known of it. */
export const HTTP_MEANINGS: Readonly<Record<string, Expected>> = {
  'status 400': { kind: 'permanent' },
  'status 401': { kind: 'retryable', code: 'vendor_account_refused' },
  'status 403': { kind: 'retryable', code: 'vendor_account_refused' },
  'status 413': { kind: 'permanent' },
  'status 429': { kind: 'retryable', code: 'vendor_rate_limited' },
  'status 500': { kind: 'unknown', code: 'http_500', answered: true },
  'status 502': { kind: 'unknown', code: 'http_502', answered: true },
  'status 503': { kind: 'retryable', code: 'http_503' },
  timeout: { kind: 'unknown', code: 'timeout' },
  reset_before: { kind: 'unknown', code: 'connection_reset' },
  accept_then_reset: { kind: 'unknown', code: 'connection_reset' },
  delay: { kind: 'unknown', code: 'timeout' },
  slow_body: { kind: 'accepted' },
  bad_body: { kind: 'accepted' },
  'bad_body 502': { kind: 'unknown', code: 'http_502', answered: true },
  abort: { kind: 'unknown', code: 'timeout' },
}

const LIMITS = { connections: 50, clock: systemClock }
const [FIRST, SECOND] = KEYS
const loopback = (port: number) => `http://127.0.0.1:${port}`

const sendgridAt = (url: string) => createSendGridSender({ url, apiKey: SECOND, ...LIMITS }) as AnySender

const sesAt = (url: string) =>
  createSesSender({
    region: 'eu-west-1',
    url,
    accessKeyId: FIRST,
    secretAccessKey: SECOND,
    ...LIMITS,
  }) as AnySender

const gatewayAt = (url: string) =>
  createGatewaySender({ url, apiKey: FIRST, signingKey: SECOND, ...LIMITS }) as AnySender

const smtpAt = (port: number) =>
  createSmtpSender({
    host: '127.0.0.1',
    port,
    tls: 'none',
    login: { user: FIRST, password: SECOND },
  }) as AnySender

const twilioAt = (url: string) =>
  createTwilioSender({
    url,
    accountSid: `AC${'0123456789abcdef'.repeat(2)}`,
    authToken: SECOND,
    from: { from: '+15005550006' },
    callbackOf: ({ deliveryId }) =>
      `https://id.example.org/v1/webhooks/twilio/default/${deliveryId}?t=x#rc=5`,
    ...LIMITS,
  }) as unknown as AnySender

const undone500 = { 'status 500': { kind: 'retryable', code: 'http_500' } } as const
const gateway = {
  provider: 'gateway',
  keyFile: { gatewayKeyFile: `${FIRST}:${SECOND}` },
  toDouble: ({ url }: Sandbox) => gatewayAt(`${url}/gateway/messages`),
  toPort: (port: number) => gatewayAt(loopback(port)),
  speaksHttp: true,
  means: undone500,
}

export const SUBJECTS: readonly Subject[] = [
  {
    name: 'SendGrid',
    provider: 'sendgrid',
    message: EMAIL,
    keyFile: { sendgridKeyFile: SECOND },
    toDouble: ({ url }) => sendgridAt(`${url}/sendgrid`),
    toPort: (port) => sendgridAt(loopback(port)),
    speaksHttp: true,
    means: {},
  },
  {
    name: 'Amazon SES',
    provider: 'ses',
    message: EMAIL,
    keyFile: { sesKeyFile: `${FIRST}:${SECOND}` },
    toDouble: ({ url }) => sesAt(`${url}/ses`),
    toPort: (port) => sesAt(loopback(port)),
    speaksHttp: true,
    means: undone500,
  },
  { name: 'HTTP gateway, e-mail', message: EMAIL, ...gateway },
  { name: 'HTTP gateway, SMS', message: SMS, ...gateway },
  {
    name: 'Twilio',
    provider: 'twilio',
    message: SMS,
    keyFile: { twilioTokenFile: SECOND },
    toDouble: ({ url }) => twilioAt(`${url}/twilio`),
    toPort: (port) => twilioAt(loopback(port)),
    speaksHttp: true,
    means: {},
  },
  {
    name: 'SMTP',
    provider: 'smtp',
    message: EMAIL,
    keyFile: { smtpLoginFile: `${FIRST}:${SECOND}` },
    toDouble: ({ smtpPort }) => smtpAt(smtpPort),
    toPort: smtpAt,
    speaksHttp: false,
    // A server that has not got the whole mail has taken nothing, and one that answers has said which.
    means: {
      'status 429': { kind: 'retryable', code: 'smtp_421' },
      'status 500': { kind: 'retryable', code: 'smtp_451' },
      'status 502': { kind: 'retryable', code: 'smtp_451' },
      'status 503': { kind: 'retryable', code: 'smtp_451' },
      timeout: { kind: 'retryable', code: 'timeout' },
      reset_before: { kind: 'retryable', code: 'connection_reset' },
      slow_body: { kind: 'unknown', code: 'timeout' },
      bad_body: { kind: 'unknown' },
      'bad_body 502': { kind: 'retryable' },
      abort: { kind: 'retryable', code: 'timeout' },
    },
  },
]

/** The options by which the double compares the keys of this subject. */
export function keyOptions(t: Test, { keyFile }: Subject): SandboxOptions {
  const files = Object.entries(keyFile).map(([option, text]) => [option, `${text}\n`])
  const folder = t.testdir(Object.fromEntries(files))
  return Object.fromEntries(files.map(([option = '']) => [option, join(folder, option)]))
}
