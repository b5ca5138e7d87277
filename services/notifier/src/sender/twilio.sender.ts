// Sends by Twilio's Messages API. One call is one HTTP request: no retry, no redirect, no proxy from the environment, no
// more than 256 KiB of answer. Source: https://www.twilio.com/docs/messaging/api/message-resource

import { meaningOfTwilio } from '@postern/contracts/twilio-status'
import twilio from 'twilio'
import type { CallbackOf } from './callback-url.ts'
import { openAgents } from './http-call.ts'
import { createExchange, type Exchange } from './http-exchange.ts'
import { classify, failureOf, idLike } from './http-outcome.ts'
import type { OpenSender, SendContext, SendOutcome, Sighting, SmsMessage, VendorWord } from './sender.ts'
import { createTwilioHttp } from './twilio-http.ts'
import { refusalOf } from './twilio-refusals.ts'

export interface TwilioOptions {
  /** The API's origin, and its path when it is behind one: https://api.twilio.com */
  readonly url: string
  readonly accountSid: string
  readonly authToken: string
  /** Whom messages come from: a Messaging Service, which chooses, or one number or name. */
  readonly from: { readonly messagingServiceSid: string } | { readonly from: string }
  /** Where Twilio is to report of a message; undefined: nowhere. */
  readonly callbackOf?: CallbackOf | undefined
  /** Calls at a time. */
  readonly connections: number
}

const MAX_ANSWER_BYTES = 256 * 1024
/** Ten hours: how long Twilio holds a message at most. */
const MAX_VALIDITY_SECONDS = 36_000
/** More than one number is ever sent in the time that is looked at. */
const LOOKED_AT = 50

/** The returned sender holds connections open; `close` ends them. */
export function createTwilioSender(options: TwilioOptions): OpenSender<SmsMessage> {
  const agents = openAgents(options.connections)
  const messagesBy = (exchange: Exchange, signal: AbortSignal) =>
    clientFor(
      options,
      createTwilioHttp({ ...options, agents, signal, maxAnswerBytes: MAX_ANSWER_BYTES }, exchange),
    ).messages

  async function send(message: SmsMessage, { signal, ...context }: SendContext): Promise<SendOutcome> {
    const exchange = createExchange(context)
    try {
      const callback = options.callbackOf && { statusCallback: options.callbackOf(message) }
      const fields = { ...options.from, ...fieldsOf(message), ...callback }
      const { sid } = await messagesBy(exchange, signal).create(fields)
      return meaningOf(exchange, { sid })
    } catch (error) {
      return meaningOf(exchange, { error, timedOut: signal.aborted })
    }
  }

  /**
   * Looks among the newest messages to this number, those that still wait included: Twilio's filter by day of sending
   * would hide them. Twilio may put words of its own in front of a text (trial accounts).
   */
  async function lookUp(message: SmsMessage, since: Date, signal: AbortSignal): Promise<Sighting> {
    const exchange = createExchange({})
    try {
      const { instances } = await messagesBy(exchange, signal).page({ to: message.to, pageSize: LOOKED_AT })
      const found = instances.find(
        ({ body, dateCreated }) => body?.endsWith(message.text) && dateCreated.getTime() >= since.getTime(),
      )
      if (found === undefined) return { kind: 'not_found' }
      return { kind: 'found', providerMessageId: idLike(found.sid) }
    } catch {
      const { status = 0 } = exchange
      // An account that may send but not look will never tell.
      return { kind: status === 401 || status === 403 ? 'not_found' : 'no_answer' }
    }
  }

  /** An account that may send but not look will never tell. */
  async function statusOf(sid: string, signal: AbortSignal): Promise<VendorWord> {
    const exchange = createExchange({})
    try {
      const { status, errorCode } = await messagesBy(exchange, signal)(sid).fetch()
      const code = typeof errorCode === 'number' ? String(errorCode) : ''
      const identity = ['twilio', sid, status, code]
      return { kind: 'known', meaning: meaningOfTwilio(status, code), identity }
    } catch {
      const { status = 0 } = exchange
      return { kind: [401, 403, 404].includes(status) ? 'not_found' : 'no_answer' }
    }
  }

  return { provider: 'twilio', send, lookUp, statusOf, close: agents.close }
}

/** A client of its own for each call, as the connection carries the call's signal. Empty: not from the environment. */
function clientFor(
  { accountSid, authToken }: TwilioOptions,
  connection: ReturnType<typeof createTwilioHttp>,
) {
  const httpClient = connection as unknown as NonNullable<twilio.ClientOpts['httpClient']>
  return new twilio.Twilio(accountSid, authToken, { httpClient, edge: '', region: '', logLevel: '' })
}

const fieldsOf = ({ to, text, attempt, validForSeconds }: SmsMessage) => ({
  to,
  body: text,
  attempt,
  validityPeriod: Math.min(Math.max(validForSeconds, 1), MAX_VALIDITY_SECONDS),
  riskCheck: 'enable' as const,
})

interface Ended {
  readonly sid?: string
  readonly error?: unknown
  readonly timedOut?: boolean
}

/** Of an error only its code is read: the rest quotes the request. */
function meaningOf(
  { mayHaveLeft, status, headers }: Exchange,
  { sid, error, timedOut = false }: Ended,
): SendOutcome {
  const failure = error === undefined ? null : failureOf(error)
  return classify(
    { mayHaveLeft, status, headers },
    { failure, timedOut },
    {
      accepted: [201],
      messageId: () => idLike(sid),
      refusal: () => refusalOf(codeOf(error)),
    },
  )
}

function codeOf(error: unknown): number | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'number' ? code : undefined
}
