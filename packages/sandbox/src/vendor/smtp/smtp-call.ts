// One try to hand a mail over by SMTP, from the login or the sender on: the fault that was drawn for it, and its way into
// ledger and inbox, which comes before anything is answered.

import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../../clock.ts'
import type { Fault } from '../../fault/fault.ts'
import type { Random } from '../../random.ts'
import { type VendorParts, writeDown } from '../take-call.ts'
import type { Marker, OutgoingMessage } from '../vendor-double.ts'
import { refusalOf, type Step, showsAtOnce } from './smtp-dialogue.ts'

export interface SmtpCallDeps extends VendorParts {
  readonly clock: Clock
  readonly random: Random
}

/** What the server goes on with: nothing special, a refusal, or nothing at all because the fault has the connection now. */
export type Verdict = 'go' | 'over' | Error

/** What a step knows of the mail. */
export interface Submitted {
  readonly body: Buffer
  readonly marker: Marker | null
}

export interface Accepted extends Submitted {
  readonly messageId: string
  readonly messages: readonly OutgoingMessage[]
}

const PAGE = '<html><body><h1>Upstream trouble</h1></body></html>\r\n'

export class SmtpCall {
  readonly #deps: SmtpCallDeps
  readonly #fault: Fault | null
  readonly #socket: Socket

  /** Draws the fault. */
  constructor(deps: SmtpCallDeps, socket: Socket) {
    this.#deps = deps
    this.#socket = socket
    this.#fault = deps.faults.draw('smtp')
  }

  /** A step before the mail is there, and the last one for a mail that the fault refuses. */
  async step(at: Step, submitted: Submitted): Promise<Verdict> {
    const fault = this.#fault
    if (fault === null) return 'go'
    if (showsAtOnce(fault)) {
      this.#write(at, submitted, fault.mode === 'bad_body' ? 'garbage' : null)
      await this.#takeOver(fault)
      return 'over'
    }
    if (fault.mode !== 'status') return 'go'
    const refusal = refusalOf(fault.status ?? 451, fault.error_code)
    // A client that does not log in meets the refusal of its login at its sender.
    const meets = refusal.at === at || (refusal.at === 'login' && at === 'sender')
    return meets ? this.refuse(at, submitted, refusal) : 'go'
  }

  refuse(at: Step, submitted: Submitted, { code, text }: { code: number; text: string }): Error {
    this.#write(at, submitted, `${code} ${text}`, code)
    return Object.assign(new Error(text), { responseCode: code })
  }

  /** The mail is taken; what its sender hears of it is the fault's to say. */
  async accept(mail: Accepted): Promise<Verdict> {
    const fault = this.#fault
    const reply = '250 2.0.0 the mail is taken'
    const { messageId, messages } = mail
    this.#record('mail', mail, { status: 250, body: reply, messageId, messages })
    switch (fault?.mode) {
      case 'accept_then_reset':
        this.#socket.resetAndDestroy()
        return 'over'
      case 'bad_body':
        this.#socket.write(PAGE)
        return 'over'
      case 'delay':
        return await this.#stillThere(fault.delay_ms)
      case 'slow_body':
        this.#socket.write('250-2.0.0 one moment\r\n')
        return await this.#stillThere(fault.delay_ms)
      default:
        return 'go'
    }
  }

  async #takeOver(fault: Fault): Promise<void> {
    if (fault.mode === 'timeout' && fault.delay_ms === undefined) return
    if (fault.delay_ms !== undefined && (await this.#stillThere(fault.delay_ms)) === 'over') return
    if (fault.mode === 'bad_body') this.#socket.end(PAGE)
    else this.#socket.resetAndDestroy()
  }

  async #stillThere(delayMs = 0): Promise<Verdict> {
    const gone = new AbortController()
    const onClose = () => gone.abort()
    this.#socket.once('close', onClose)
    try {
      await wait(delayMs, undefined, { signal: gone.signal })
      return 'go'
    } catch {
      return 'over'
    } finally {
      this.#socket.off('close', onClose)
    }
  }

  #write(at: Step, submitted: Submitted, body: string | null, status = 0): void {
    this.#record(at, submitted, { status, body: body ?? '', messageId: null, messages: [] })
  }

  #record(
    at: Step,
    { body, marker }: Submitted,
    said: { status: number; body: string; messageId: string | null; messages: readonly OutgoingMessage[] },
  ): void {
    const call = { method: 'SMTP', path: `/${at}`, query: '', headers: {}, body, at: this.#deps.clock.now() }
    const answer = {
      status: said.status,
      headers: {},
      body: said.body,
      accepted: said.messages.length > 0,
      messageId: said.messageId,
      messages: said.messages,
    }
    writeDown(this.#deps, { provider: 'smtp', markerOf: () => marker }, call, { answer, fault: this.#fault })
  }
}
