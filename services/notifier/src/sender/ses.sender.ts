// Sends by Amazon SES v2. One call is one signed HTTP request over a connection of ours: no retry, no redirect, and nothing
// of the environment: neither AWS's variables nor its files nor a proxy.
// Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html

import { Readable } from 'node:stream'
import { SESv2Client, type SESv2ClientConfig, SendEmailCommand } from '@aws-sdk/client-sesv2'
import { type Agents, callOver, fieldOf, openAgents } from './http-call.ts'
import { createExchange, type Exchange } from './http-exchange.ts'
import { classify, type Failure, failureOf, idLike } from './http-outcome.ts'
import { asciiDomain, mailboxOf } from './mailbox.ts'
import type { EmailMessage, OpenSender, SendContext, SendOutcome } from './sender.ts'
import { refusalOf } from './ses-refusals.ts'

export interface SesOptions {
  readonly region: string
  /** The API's origin, and its path when it is behind one; undefined: the region's own. */
  readonly url?: string | undefined
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly configurationSet?: string | undefined
  /** Calls at a time. */
  readonly connections: number
}

const MAX_ANSWER_BYTES = 64 * 1024

/** The returned sender holds connections open; `close` ends them. */
export function createSesSender(options: SesOptions): OpenSender {
  const agents = openAgents(options.connections)
  const client = clientFor(options, agents)

  async function send(message: EmailMessage, { signal, ...context }: SendContext): Promise<SendOutcome> {
    const exchange = createExchange(context)
    const heard: Heard = { exchange, body: null }
    try {
      const command = new SendEmailCommand(mailOf(message, options))
      // What is given here reaches the connection as it is; its types know the signal alone.
      await client.send(command, { abortSignal: signal, heard } as { abortSignal: AbortSignal })
      return meaningOf(heard, { failure: null, timedOut: false })
    } catch (error) {
      return meaningOf(heard, { failure: failureOf(error), timedOut: signal.aborted })
    }
  }

  return {
    provider: 'ses',
    send,
    close() {
      client.destroy()
      agents.close()
    },
  }
}

/** What came of one call. */
interface Heard {
  readonly exchange: Exchange
  body: Buffer | null
}

/** Everything is said, so that nothing is looked for in the environment or in files. */
function clientFor(options: SesOptions, agents: Agents): SESv2Client {
  const { region, accessKeyId, secretAccessKey } = options
  return new SESv2Client({
    region,
    endpoint: options.url ?? `https://email.${region}.amazonaws.com`,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
    retryMode: 'standard',
    defaultsMode: 'standard',
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    userAgentAppId: undefined,
    requestHandler: connectionOver(agents),
  } as SESv2ClientConfig)
}

type Handler = Exclude<NonNullable<SESv2ClientConfig['requestHandler']>, object> | { handle: Handle }
type Handle = (request: SignedRequest, options: unknown) => Promise<{ response: Answer }>

interface SignedRequest {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

interface Answer {
  readonly statusCode: number
  readonly headers: Record<string, string>
  readonly body: Readable
}

function connectionOver(agents: Agents): Handler {
  return {
    async handle(request, options) {
      const { heard, abortSignal } = options as { heard: Heard; abortSignal: AbortSignal }
      const { protocol, hostname, port, path, method, headers, body = '' } = request
      const url = new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`)
      const call = { url, method, headers, body, agents, signal: abortSignal }
      heard.body = await callOver(heard.exchange, { ...call, maxAnswerBytes: MAX_ANSWER_BYTES })
      const { status = 0 } = heard.exchange
      return {
        response: { statusCode: status, headers: plain(heard.exchange), body: Readable.from([heard.body]) },
      }
    },
  }
}

const plain = ({ headers }: Exchange) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

/** By what was heard; not by what the library makes of it. */
function meaningOf({ exchange, body }: Heard, failure: Failure): SendOutcome {
  return classify(exchange, failure, {
    accepted: [200],
    undone: [500],
    messageId: () => (body === null ? null : idLike(fieldOf(body, 'MessageId'))),
    refusal: () => refusalOf(exchange.headers['x-amzn-errortype']),
  })
}

function mailOf(message: EmailMessage, { configurationSet }: SesOptions) {
  const { tenantId, deliveryId, attempt, to, from, subject, html, text } = message
  const part = (Data: string) => ({ Data, Charset: 'UTF-8' })
  return {
    FromEmailAddress: mailboxOf(from),
    Destination: { ToAddresses: [asciiDomain(to)] },
    Content: {
      Simple: {
        Subject: part(subject),
        Body: { Text: part(text), ...(html !== null && { Html: part(html) }) },
      },
    },
    EmailTags: [
      { Name: 'tenant_id', Value: tenantId },
      { Name: 'delivery_id', Value: deliveryId },
      { Name: 'attempt', Value: String(attempt) },
    ],
    ...(configurationSet !== undefined && { ConfigurationSetName: configurationSet }),
  }
}
