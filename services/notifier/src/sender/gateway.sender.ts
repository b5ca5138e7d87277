// Sends either channel by an operator's own HTTP gateway, in the form of docs/senders.md. Signed over time and body; the
// same Idempotency-Key on every attempt of a message, so that the gateway itself sends it once.

import { createHmac } from 'node:crypto'
import type { Clock } from '@postern/service-kit/clock'
import { callOver, fieldOf, openAgents } from './http-call.ts'
import { createExchange } from './http-exchange.ts'
import { classify, type Failure, failureOf, idLike } from './http-outcome.ts'
import type { EmailMessage, OpenSender, SendContext, SendOutcome, SmsMessage } from './sender.ts'

export interface GatewayOptions {
  /** Where messages are posted to. */
  readonly url: string
  readonly apiKey: string
  readonly signingKey: string
  /** Whom SMS come from; undefined: the gateway knows. */
  readonly smsFrom?: string | undefined
  /** Calls at a time. */
  readonly connections: number
  readonly clock: Clock
}

const MAX_ANSWER_BYTES = 64 * 1024

/** The returned sender holds connections open; `close` ends them. */
export function createGatewaySender(options: GatewayOptions): OpenSender<EmailMessage | SmsMessage> {
  const agents = openAgents(options.connections)
  const url = new URL(options.url)

  async function send(
    message: EmailMessage | SmsMessage,
    { signal, ...context }: SendContext,
  ): Promise<SendOutcome> {
    const exchange = createExchange(context)
    const body = JSON.stringify(bodyOf(message, options))
    const headers = { ...headersOf(options, body), 'idempotency-key': message.deliveryId }
    const meaningOf = (failure: Failure, answer?: Buffer) =>
      classify(exchange, failure, {
        accepted: [200, 201, 202],
        undone: [500],
        messageId: () => (answer === undefined ? null : idLike(fieldOf(answer, 'id'))),
      })
    const call = { url, method: 'POST', headers, body, agents, signal }
    try {
      const answer = await callOver(exchange, { ...call, maxAnswerBytes: MAX_ANSWER_BYTES })
      return meaningOf({ failure: null, timedOut: false }, answer)
    } catch (error) {
      return meaningOf({ failure: failureOf(error), timedOut: signal.aborted })
    }
  }

  return { provider: 'gateway', send, close: agents.close }
}

function bodyOf(message: EmailMessage | SmsMessage, { smsFrom }: GatewayOptions) {
  const { deliveryId: id, tenantId: tenant, attempt, to, text } = message
  if (!('subject' in message)) {
    const from = smsFrom !== undefined && { from: smsFrom }
    const valid = { valid_for_seconds: message.validForSeconds }
    return { id, tenant, attempt, channel: 'sms', to, ...from, text, ...valid }
  }
  const { from, subject, html } = message
  return { id, tenant, attempt, channel: 'email', to, from, subject, text, ...(html !== null && { html }) }
}

function headersOf({ apiKey, signingKey, clock }: GatewayOptions, body: string): Record<string, string> {
  const timestamp = String(Math.floor(clock.now().getTime() / 1_000))
  const signature = createHmac('sha256', signingKey).update(`${timestamp}.${body}`).digest('hex')
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'x-api-key': apiKey,
    'x-timestamp': timestamp,
    'x-signature': `sha256=${signature}`,
  }
}
