// Twilio's status callback: a form posted to the address that the message was sent with, signed by HMAC-SHA-1 under the auth
// token over that address and the form. What stands behind the address's `#` says how Twilio connects: it is neither sent nor
// signed. Sources: https://www.twilio.com/docs/usage/webhooks/webhooks-security,
// https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides

import { createHmac } from 'node:crypto'
import type { ReceiptStatus } from '@postern/contracts/receipt'
import type { ReadSecret } from '../../secret-file.ts'
import {
  anotherId,
  anotherSignature,
  CannotTell,
  keyFrom,
  type Occurrence,
  type RetryPolicy,
  type VendorWebhook,
} from '../vendor-webhook.ts'
import type { Outcome, SentMessages } from './sent-message.ts'

/** Twilio's word, and the code it gives when nobody says one. */
const WORDS: Readonly<Partial<Record<ReceiptStatus, readonly [word: string, code?: number]>>> = {
  sent: ['sent'],
  delivered: ['delivered'],
  undelivered: ['undelivered', 30003],
  opted_out: ['failed', 21610],
}
/** Twilio ends a message with these before any carrier sees it. */
const FAILED = new Set([21610, 30001, 30034, 30450])
const MAX_RETRIES = 5

export interface TwilioWebhookDeps {
  /** The account's auth token; of two lines the first signs. */
  readonly readToken: ReadSecret | undefined
  /** What one sees who asks Twilio. */
  readonly messages: SentMessages
}

export function twilioWebhook({ readToken, messages }: TwilioWebhookDeps): VendorWebhook {
  return {
    provider: 'twilio',
    most: 1,
    knowing(event) {
      const outcome = outcomeOf(event)
      return () => messages.tell(event.sent.messageId, outcome)
    },
    async callFor([event], { tamper }) {
      if (event === undefined) throw new CannotTell('There is nothing to tell.')
      if (tamper === 'stale')
        throw new CannotTell('Twilio signs no time, so no signature of its own is stale.')
      const { callback } = event.sent
      if (callback === null)
        throw new CannotTell('The message named no StatusCallback, so Twilio tells nobody about it.')
      const token = await keyFrom(readToken, 'POSTERN_SANDBOX_TWILIO_RECEIPT_TOKEN_FILE')
      const { url, retry } = targetOf(callback)
      if (tamper === 'timestamp') moveExpiry(url)
      if (tamper === 'tenant') renameTenant(url)
      const form = formOf(event)
      const signature = signatureOf(String(url), form, token.split(/\s+/)[0] ?? '')
      const posted = tamper === 'body' ? { ...form, MessageSid: `SM${'0'.repeat(32)}` } : form
      return {
        url: String(url),
        headers: {
          'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
          'user-agent': 'TwilioProxy/1.1',
          'x-twilio-signature': tamper === 'signature' ? anotherSignature(signature) : signature,
          'i-twilio-idempotency-token': event.eventId.toString('hex'),
        },
        body: new URLSearchParams(posted).toString(),
        ...(tamper === undefined && { retry }),
      }
    },
  }
}

/** Its name, each field's name and value in the order of names, under the token. */
function signatureOf(url: string, form: Readonly<Record<string, string>>, token: string): string {
  const fields = Object.entries(form).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const text = url + fields.flat().join('')
  return createHmac('sha1', token).update(text).digest('base64')
}

function outcomeOf({ status, errorCode }: Occurrence): Outcome {
  const [word, usual] = WORDS[status] ?? []
  if (word === undefined)
    throw new CannotTell(`Twilio never says "${status}"; it says ${Object.keys(WORDS).join(', ')}.`)
  const code = errorCode === undefined ? usual : Number(errorCode)
  if (code !== undefined && usual === undefined)
    throw new CannotTell(`Twilio gives no code with "${status}".`)
  if (Number.isNaN(code)) throw new CannotTell('A code of Twilio’s is a number.')
  return { word: code !== undefined && FAILED.has(code) ? 'failed' : word, code: code ?? null }
}

function formOf(event: Occurrence): Record<string, string> {
  const { sent } = event
  const { word, code } = outcomeOf(event)
  return {
    AccountSid: sent.account ?? '',
    ApiVersion: '2010-04-01',
    ...(code !== null && { ErrorCode: String(code) }),
    From: sent.from,
    MessageSid: sent.messageId,
    MessageStatus: word,
    SmsSid: sent.messageId,
    SmsStatus: word,
    To: sent.to,
  }
}

/** Without `#rc=…&rp=…`, Twilio tries once more, and only where it came to no connection. */
function targetOf(callback: string): { url: URL; retry: RetryPolicy } {
  const url = new URL(callback)
  const options = new URLSearchParams(url.hash.slice(1))
  url.hash = ''
  const count = Number(options.get('rc') ?? '1')
  const policies = (options.get('rp') ?? 'ct').split(',')
  const all = ['ct', 'rt', '4xx', '5xx'] as const
  const on = new Set(all.filter((each) => policies.includes(each) || policies.includes('all')))
  const retries = Number.isInteger(count) ? Math.min(Math.max(count, 0), MAX_RETRIES) : 1
  return { url, retry: { retries, on } }
}

function moveExpiry({ searchParams }: URL): void {
  const expiry = Number(searchParams.get('exp') ?? 'none')
  if (!Number.isInteger(expiry)) throw new CannotTell('The StatusCallback has no `exp` to change.')
  searchParams.set('exp', String(expiry + 86_400))
}

function renameTenant({ searchParams }: URL): void {
  const tenant = searchParams.get('t')
  if (tenant === null) throw new CannotTell('The StatusCallback has no tenant `t` to change.')
  searchParams.set('t', anotherId(tenant))
}
