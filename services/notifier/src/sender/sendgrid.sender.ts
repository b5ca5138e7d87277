// Sends by SendGrid's v3 mail API: their library writes the request, our connection carries it. One call is one HTTP request:
// no retry, no redirect, nothing of the environment, no more than 64 KiB of answer.
// Source: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send

import sendgrid from '@sendgrid/mail'
import { callOver, openAgents } from './http-call.ts'
import { createExchange, type Exchange } from './http-exchange.ts'
import { classify, type Failure, failureOf, idLike } from './http-outcome.ts'
import { asciiDomain } from './mailbox.ts'
import type { EmailMessage, OpenSender, SendContext, SendOutcome } from './sender.ts'

// The module exports its class beside a shared instance; its types show only the instance.
const { MailService } = sendgrid as unknown as { MailService: new () => typeof sendgrid }

export interface SendGridOptions {
  /** The API's origin, and its path when it is behind one: https://api.sendgrid.com */
  readonly url: string
  readonly apiKey: string
  /** Calls at a time. */
  readonly connections: number
}

const MAX_ANSWER_BYTES = 64 * 1024

/** The returned sender holds connections open; `close` ends them. */
export function createSendGridSender(options: SendGridOptions): OpenSender {
  const agents = openAgents(options.connections)
  const url = new URL(`${options.url.replace(/\/*$/, '')}/v3/mail/send`)
  const headers = { authorization: `Bearer ${options.apiKey}`, 'content-type': 'application/json' }
  const fixed = { url, method: 'POST', headers, agents, maxAnswerBytes: MAX_ANSWER_BYTES }
  const write = openWriter()

  async function send(message: EmailMessage, { signal, ...context }: SendContext): Promise<SendOutcome> {
    const exchange = createExchange(context)
    try {
      await callOver(exchange, { ...fixed, body: await write(message), signal })
      return meaningOf(exchange, { failure: null, timedOut: false })
    } catch (error) {
      return meaningOf(exchange, { failure: failureOf(error), timedOut: signal.aborted })
    }
  }

  return { provider: 'sendgrid', send, close: agents.close }
}

/** Nobody learns from us who opened a mail, and links lead where they say. */
const NO_TRACKING = {
  click_tracking: { enable: false, enable_text: false },
  open_tracking: { enable: false },
  subscription_tracking: { enable: false },
  ganalytics: { enable: false },
}

/** What the library hands to its connection. */
interface WrittenRequest {
  readonly body: object
}

/** The body of a message's request. In place of its connection the library is given one that hands its request back. */
function openWriter(): (message: EmailMessage) => Promise<string> {
  const service = new MailService()
  service.setClient({ request: async (request: WrittenRequest) => request } as never)
  return async (message) => {
    const { body } = (await service.send(mailOf(message))) as unknown as WrittenRequest
    // The same in every request: the library would spell it anew each time.
    return JSON.stringify({ ...body, tracking_settings: NO_TRACKING })
  }
}

function mailOf({ tenantId, deliveryId, attempt, to, from, subject, html, text }: EmailMessage) {
  const customArgs = { tenant_id: tenantId, delivery_id: deliveryId, attempt: String(attempt) }
  return {
    // Objects, not strings: strings are taken apart for names and further addresses.
    from: { email: from.email, name: from.name },
    personalizations: [{ to: [{ email: asciiDomain(to) }], customArgs }],
    subject,
    content: [
      { type: 'text/plain', value: text },
      ...(html === null ? [] : [{ type: 'text/html', value: html }]),
    ] as [{ type: string; value: string }, ...{ type: string; value: string }[]],
  }
}

const meaningOf = ({ mayHaveLeft, status, headers }: Exchange, failure: Failure) =>
  classify({ mayHaveLeft, status, headers }, failure, {
    accepted: [202],
    messageId: () => idLike(headers['x-message-id']),
  })
