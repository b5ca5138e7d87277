// Sends by SendGrid's v3 mail API. One call is one HTTP request: no retry, no redirect, no proxy from the environment,
// no more than 64 KiB of answer. Source: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send

import sendgridClient from '@sendgrid/client'
import sendgridMail from '@sendgrid/mail'
import { openAgents } from './http-call.ts'
import { createExchange, type Exchange } from './http-exchange.ts'
import { classify, type Failure, failureOf, idLike } from './http-outcome.ts'
import { asciiDomain } from './mailbox.ts'
import type { EmailMessage, OpenSender, SendContext } from './sender.ts'

// The modules export their classes beside a shared instance; their types show only the instance.
const { Client } = sendgridClient as unknown as { Client: new () => typeof sendgridClient }
const { MailService } = sendgridMail as unknown as { MailService: new () => typeof sendgridMail }

export interface SendGridOptions {
  /** The API's origin, and its path when it is behind one: https://api.sendgrid.com */
  readonly url: string
  readonly apiKey: string
  /** For the whole call, in milliseconds. */
  readonly timeoutMs: number
  /** Calls at a time. */
  readonly connections: number
}

const MAX_ANSWER_BYTES = 64 * 1024

/** The returned sender holds connections open; `close` ends them. */
export function createSendGridSender(options: SendGridOptions): OpenSender {
  const agents = openAgents(options.connections)
  const settings = {
    httpAgent: agents.http,
    httpsAgent: agents.https,
    baseUrl: options.url.replace(/\/*$/, '/'),
    timeout: options.timeoutMs,
    proxy: false,
    maxContentLength: MAX_ANSWER_BYTES,
  }

  async function send(message: EmailMessage, { signal, ...context }: SendContext) {
    const exchange = createExchange(context)
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs)])
    const mail = mailServiceFor(options.apiKey, {
      ...settings,
      signal: deadline,
      transport: exchange.transport,
    })
    try {
      await mail.send(mailOf(message))
    } catch (error) {
      return meaningOf(exchange, { failure: failureOf(error), timedOut: deadline.aborted })
    }
    return meaningOf(exchange, { failure: null, timedOut: false })
  }

  return { provider: 'sendgrid', send, close: agents.close }
}

/** A client of its own for each call: the shared one could carry neither the call's signal nor its transport. */
function mailServiceFor(apiKey: string, settings: Record<string, unknown>): typeof sendgridMail {
  const client = new Client()
  client.setApiKey(apiKey)
  // After the key: setting the key resets the base URL. Its types do not know that axios gets all of this.
  client.setDefaultRequest(settings as never)
  const mail = new MailService()
  mail.setClient(client)
  return mail
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
    trackingSettings: {
      clickTracking: { enable: false, enableText: false },
      openTracking: { enable: false },
      subscriptionTracking: { enable: false },
      ganalytics: { enable: false },
    },
  }
}

const meaningOf = ({ mayHaveLeft, status, headers }: Exchange, failure: Failure) =>
  classify({ mayHaveLeft, status, headers }, failure, {
    accepted: [202],
    messageId: () => idLike(headers['x-message-id']),
  })
