// How the tests speak to the processes: over HTTP, as a tenant's back end, an operator or a vendor's user would. Each call
// has a connection of its own, because the process behind it may have been killed and started again meanwhile.
import type { AuditEvent } from '@postern/contracts/http/audit-event'
import type { IssuedChallenge } from '@postern/contracts/http/challenge'
import type { SignInResult } from '@postern/contracts/http/sign-in-result'
import { until } from '@postern/testkit/poll'
import type { DevFile } from './dev-file.ts'

export interface Answer<T = unknown> {
  readonly status: number
  readonly headers: Headers
  /** The body; `data` of the envelope is what most tests want. */
  readonly body: {
    readonly data: T
    readonly error: { readonly code: string; readonly message: string } | null
  }
  readonly ms: number
}

export interface Mail {
  readonly channel: 'email' | 'sms'
  readonly provider: string
  readonly to: string
  readonly subject: string | null
  readonly text: string
  readonly html: string | null
  readonly marker: { readonly delivery_id: string; readonly attempt: number } | null
}

export interface VendorCall {
  readonly at: string
  readonly accepted: boolean
  readonly fault: string | null
  readonly marker: Mail['marker']
}

export interface Fault {
  readonly mode:
    | 'status'
    | 'timeout'
    | 'reset_before'
    | 'accept_then_reset'
    | 'delay'
    | 'slow_body'
    | 'bad_body'
  readonly times: number
  readonly status?: number
  readonly delay_ms?: number
}

interface CallOptions {
  readonly key?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

const ARRIVES_MS = 60_000

export class Client {
  readonly #at: DevFile

  /** @param at the house; give it another gateway's URL to speak to that one */
  constructor(at: DevFile) {
    this.#at = at
  }

  async call<T = unknown>(method: string, url: string, options: CallOptions = {}): Promise<Answer<T>> {
    const { key = this.#at.api_key, body, headers } = options
    const began = performance.now()
    const answer = await fetch(url, {
      method,
      headers: {
        connection: 'close',
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    })
    const text = await answer.text()
    const isJson = answer.headers.get('content-type')?.includes('json') === true
    const parsed = isJson && text !== '' ? JSON.parse(text) : { data: text, error: null }
    return { status: answer.status, headers: answer.headers, body: parsed, ms: performance.now() - began }
  }

  ask(email: string, more: object = {}, headers: Readonly<Record<string, string>> = {}) {
    const body = { email, ...more }
    return this.call<IssuedChallenge>('POST', `${this.#at.gateway}/v1/magic-links`, { body, headers })
  }

  /** @throws when the gateway does not answer 202 */
  async issue(email: string, more: object = {}): Promise<{ id: string; deliveryId: string }> {
    const { status, body } = await this.ask(email, more)
    if (status !== 202) throw new Error(`no link: ${status} ${body.error?.code}`)
    return { id: body.data.id, deliveryId: body.data.delivery.id }
  }

  verify(token: string) {
    const body = { token }
    return this.call<SignInResult>('POST', `${this.#at.gateway}/v1/magic-links/verify`, { body })
  }

  askCode(channel: Mail['channel'], to: string, more: object = {}) {
    const body = { channel, to, ...more }
    return this.call<IssuedChallenge>('POST', `${this.#at.gateway}/v1/otps`, { body })
  }

  verifyCode(id: string, code: string) {
    return this.call<SignInResult>('POST', `${this.#at.gateway}/v1/otps/verify`, { body: { id, code } })
  }

  asOperator<T = unknown>(method: string, path: string, body?: object) {
    return this.call<T>(method, `${this.#at.gateway}${path}`, { key: this.#at.admin_key, body })
  }

  mails(to: string): Promise<Mail[]> {
    return this.#sandbox(`/inbox/messages?to=${encodeURIComponent(to)}`)
  }

  /** The newest mail to an address, or SMS to a number, once there is one. */
  async mail(to: string, deadlineMs = ARRIVES_MS): Promise<Mail> {
    const [mail] = await until(async () => nonEmpty(await this.mails(to)), {
      deadlineMs,
      everyMs: 30,
      what: `a message to ${to}`,
    })
    if (mail === undefined) throw new Error('no message')
    return mail
  }

  /** A link's token, by way of the mail. */
  async tokenFor(email: string, more: object = {}): Promise<string> {
    await this.issue(email, more)
    return tokenIn(await this.mail(email))
  }

  /** Every call that was made to a vendor for a delivery, oldest first. */
  vendorCalls(deliveryId: string): Promise<VendorCall[]> {
    return this.#sandbox(`/calls?delivery_id=${deliveryId}`)
  }

  /** What the vendor does wrong with its next calls. */
  fault(fault: Fault): Promise<unknown> {
    const body = JSON.stringify({ provider: 'sendgrid', ...fault })
    return this.#sandbox('/faults', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  }

  /** The trail of subjects (`challenge:<id>` …), oldest first. */
  async events(...subjects: string[]): Promise<AuditEvent[]> {
    const lists = await Promise.all(subjects.map((subject) => this.#eventsOf(subject)))
    const key = ({ occurred_at, id }: AuditEvent) => `${occurred_at} ${id}`
    return lists.flat().sort((a, b) => (key(a) < key(b) ? -1 : 1))
  }

  async #eventsOf(subject: string): Promise<AuditEvent[]> {
    const url = `${this.#at.audit}/v1/events?limit=200&subject=${encodeURIComponent(subject)}`
    const { status, body } = await this.call<{ items: AuditEvent[] }>('GET', url)
    if (status !== 200) throw new Error(`no events: ${status}`)
    return body.data.items
  }

  async #sandbox<T>(path: string, init: RequestInit = {}): Promise<T> {
    const headers = { connection: 'close', ...init.headers }
    const answer = await fetch(`${this.#at.sandbox}${path}`, { ...init, headers })
    if (!answer.ok) throw new Error(`the sandbox answers ${answer.status}: ${await answer.text()}`)
    return (await answer.json()) as T
  }
}

function nonEmpty<T>(list: T[]): T[] | false {
  return list.length > 0 && list
}

/** The link in a mail. @throws when there is none, or more than one */
export function linkIn({ text }: Pick<Mail, 'text'>): string {
  const links = new Set(text.match(/https?:\/\/\S+\/l#[A-Za-z0-9_-]{110}(?![A-Za-z0-9_-])/g))
  const [link] = links
  if (link === undefined || links.size > 1) throw new Error(`${links.size} links in the mail`)
  return link
}

export function tokenIn(mail: Pick<Mail, 'text'>): string {
  return new URL(linkIn(mail)).hash.slice(1)
}

/** The code in a mail or SMS. @throws when there is none, or more than one */
export function codeIn({ text }: Pick<Mail, 'text'>): string {
  const [code, ...others] = new Set(text.match(/\b\d{6}\b/g))
  if (code === undefined || others.length > 0) throw new Error(`${others.length} more codes in the message`)
  return code
}

let count = 0

/** An address that no other test has. */
export function freshEmail(): string {
  count += 1
  return `person-${process.pid}-${count}@example.com`
}

/** A number that no other test has, of those that nobody has. */
export function freshPhone(): string {
  count += 1
  return `+1202555${String(100 + (count % 100)).padStart(4, '0')}`
}
