// The messages that Twilio's double has taken, and how they look from outside. A message waits for a second and is sent
// then: until it is, it has no date of sending, as with Twilio. What receipts tell of it shows here too.

import { Newest } from '../../newest.ts'
import type { Random } from '../../random.ts'
import type { CreateMessage, ListMessages } from './create-message.schema.ts'

/** What became of a message after it was taken. */
export interface Outcome {
  readonly word: string
  readonly code: number | null
}

export interface SentMessage {
  readonly sid: string
  readonly accountSid: string
  readonly form: CreateMessage
  readonly createdAt: Date
  /** null: nothing was told yet. */
  outcome: Outcome | null
}

/** Nothing follows these. */
const LAST_WORDS = new Set(['delivered', 'undelivered', 'failed'])
const WAITS_MS = 1_000
const KEPT = 10_000

export class SentMessages {
  readonly #messages = new Newest<SentMessage>({ maxCount: KEPT })
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  add(accountSid: string, form: CreateMessage, createdAt: Date): SentMessage {
    const sid = `SM${this.#random.bytes(16).toString('hex')}`
    const message: SentMessage = { sid, accountSid, form, createdAt, outcome: null }
    this.#messages.add(message)
    return message
  }

  find(accountSid: string, sid: string): SentMessage | undefined {
    return this.#ofAccount(accountSid).find((message) => message.sid === sid)
  }

  /** A message that has come to its end stays there, whatever is told later. */
  tell(sid: string, outcome: Outcome): void {
    const message = this.#messages.oldestFirst().find((each) => each.sid === sid)
    if (message === undefined || LAST_WORDS.has(message.outcome?.word ?? '')) return
    message.outcome = outcome
  }

  /** Newest first. Dates are days (`2026-11-20`) or instants, in UTC; both bounds count as within. */
  list(accountSid: string, query: ListMessages, now: Date): SentMessage[] {
    const { To, From, DateSent } = query
    return this.#ofAccount(accountSid)
      .reverse()
      .filter(({ form }) => To === undefined || form.To === To)
      .filter(({ form }) => From === undefined || form.From === From)
      .filter((message) => DateSent === undefined || day(sentAt(message, now)) === DateSent.slice(0, 10))
      .filter((message) => isWithin(sentAt(message, now), query['DateSent>'], query['DateSent<']))
  }

  #ofAccount(accountSid: string): SentMessage[] {
    return this.#messages.oldestFirst().filter((message) => message.accountSid === accountSid)
  }
}

/** What GET answers. All fields of the published resource, in its own forms. */
export function resourceOf(message: SentMessage, now: Date) {
  const { sid, accountSid, form, createdAt } = message
  const uri = `/2010-04-01/Accounts/${accountSid}/Messages/${sid}`
  const sent = sentAt(message, now)
  return {
    account_sid: accountSid,
    api_version: '2010-04-01',
    body: form.Body ?? '',
    date_created: rfc2822(createdAt),
    date_sent: sent === null ? null : rfc2822(sent),
    date_updated: rfc2822(sent ?? createdAt),
    direction: 'outbound-api',
    error_code: message.outcome?.code ?? null,
    error_message: message.outcome?.code == null ? null : 'The message did not arrive.',
    from: form.From ?? null,
    messaging_service_sid: form.MessagingServiceSid ?? null,
    num_media: String(form.MediaUrl?.length ?? 0),
    num_segments: form.From === undefined ? '0' : '1',
    price: null,
    price_unit: null,
    sid,
    status:
      message.outcome?.word ?? (sent !== null ? 'sent' : form.From === undefined ? 'accepted' : 'queued'),
    subresource_uris: { media: `${uri}/Media.json` },
    to: form.To,
    uri: `${uri}.json`,
  }
}

function sentAt({ createdAt, outcome }: SentMessage, now: Date): Date | null {
  const sent = new Date(createdAt.getTime() + WAITS_MS)
  if (outcome?.word === 'failed') return null
  return sent <= now || outcome !== null ? sent : null
}

/** What was not sent is on no day. */
function isWithin(sent: Date | null, from: string | undefined, to: string | undefined): boolean {
  if (from === undefined && to === undefined) return true
  if (sent === null) return false
  return (from === undefined || order(sent, from) >= 0) && (to === undefined || order(sent, to) <= 0)
}

/** Whether a message was sent before (negative), at or after a bound: by the day where the bound is one. */
function order(sent: Date, bound: string): number {
  const at = bound.length === 10 ? `${day(sent)}T00:00:00Z` : sent.toISOString()
  return Date.parse(at) - Date.parse(bound)
}

const day = (at: Date | null) => at?.toISOString().slice(0, 10)

/** `Fri, 20 Nov 2026 12:00:00 +0000` */
const rfc2822 = (at: Date) => at.toUTCString().replace('GMT', '+0000')
