// A mail server for submissions (RFC 6409) on a port of its own: takes mails into the inbox, writes every try into the
// ledger before it answers, and acts out the same faults as the doubles that speak HTTP.

import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import {
  SMTPServer,
  type SMTPServerAuthentication,
  type SMTPServerDataStream,
  type SMTPServerOptions,
  type SMTPServerSession,
} from 'smtp-server'
import type { ReportFault } from '../../http/json-only.ts'
import type { ReadSecret } from '../../secret-file.ts'
import { SmtpCall, type SmtpCallDeps, type Submitted, type Verdict } from './smtp-call.ts'
import type { Step } from './smtp-dialogue.ts'
import { mailFault, markerOf, messageIdOf, messagesOf, readMail } from './submitted-mail.ts'

export interface SmtpDeps extends SmtpCallDeps {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** The file's `<user>:<password>`; undefined: who logs in and who does not, all may send. */
  readonly expectedLogin: ReadSecret | undefined
  /** With a certificate the server offers STARTTLS. */
  readonly tls?: { readonly key: string; readonly cert: string }
  readonly reportFault: ReportFault
}

export interface SmtpDouble {
  readonly port: number
  close(): Promise<void>
}

const MAX_BYTES = 30 * 1024 * 1024

/** Resolves when the server listens; rejects when it cannot. */
export async function startSmtpDouble(deps: SmtpDeps): Promise<SmtpDouble> {
  const server = new SMTPServer(new SubmissionServer(deps, () => server).options())
  server.on('error', (error) => {
    // A client that goes away in the middle is what some faults are for.
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') deps.reportFault(error)
  })
  const listening = server.listen(deps.port, deps.host)
  await once(listening, 'listening')
  return {
    port: (listening.address() as AddressInfo).port,
    async close() {
      for (const { _socket } of server.connections) _socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

class SubmissionServer {
  readonly #deps: SmtpDeps
  readonly #server: () => SMTPServer
  /** What is being handed over, by session; a session may hand over one mail after another. */
  readonly #calls = new Map<string, SmtpCall>()

  constructor(deps: SmtpDeps, server: () => SMTPServer) {
    this.#deps = deps
    this.#server = server
  }

  options(): SMTPServerOptions {
    const { tls, expectedLogin } = this.#deps
    return {
      name: 'sandbox.invalid',
      logger: false,
      size: MAX_BYTES,
      hideDSN: false,
      authOptional: expectedLogin === undefined,
      allowInsecureAuth: true,
      disabledCommands: tls === undefined ? ['STARTTLS'] : [],
      disableReverseLookup: true,
      ...tls,
      onAuth: (auth, session, done) => this.#run(() => this.#login(auth, session), done, { user: 'sender' }),
      onMailFrom: (_address, session, done) => this.#run(() => this.#step(session, 'sender'), done),
      onRcptTo: (address, session, done) => this.#run(() => this.#recipient(address.address, session), done),
      onData: (stream, session, done) => this.#run(() => this.#mail(stream, session), done),
      onClose: ({ id }) => void this.#calls.delete(id),
    }
  }

  /** The library waits for `done`; where a fault has the connection, it is never called. */
  #run<A>(work: () => Promise<Verdict>, done: (error: Error | null, answer?: A) => void, answer?: A): void {
    work().then(
      (verdict) => {
        if (verdict === 'go') done(null, answer)
        else if (verdict !== 'over') done(verdict)
      },
      (cause: unknown) => {
        this.#deps.reportFault(cause)
        done(Object.assign(new Error('4.3.0 something went wrong in the sandbox'), { responseCode: 451 }))
      },
    )
  }

  async #login(auth: SMTPServerAuthentication, session: SMTPServerSession): Promise<Verdict> {
    const verdict = await this.#step(session, 'login')
    if (verdict !== 'go' || this.#deps.expectedLogin === undefined) return verdict
    if (`${auth.username}:${auth.password}` === (await this.#deps.expectedLogin())) return 'go'
    const wrong = { code: 535, text: '5.7.8 authentication failed' }
    return this.#callOf(session).refuse('login', seen(session), wrong)
  }

  async #recipient(address: string, session: SMTPServerSession): Promise<Verdict> {
    if (!/^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(address)) {
      const bad = { code: 553, text: '5.1.3 this is no address' }
      return this.#callOf(session).refuse('recipient', seen(session), bad)
    }
    return await this.#step(session, 'recipient')
  }

  async #mail(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<Verdict> {
    const call = this.#callOf(session)
    this.#calls.delete(session.id)
    const body = await buffer(stream)
    const mail = await readMail(body)
    const header = mail.headers.find(({ key }) => key === 'x-postern-delivery')?.value
    const submitted = { body, marker: seen(session).marker ?? markerOf(header) }
    if (stream.sizeExceeded) return call.refuse('mail', submitted, { code: 552, text: '5.3.4 too large' })
    const fault = mailFault(body, mail)
    if (fault !== null) return call.refuse('mail', submitted, { code: 554, text: `5.6.0 ${fault}` })
    const verdict = await call.step('mail', submitted)
    if (verdict !== 'go') return verdict
    const messageId = messageIdOf(mail) ?? this.#deps.random.uuid()
    const recipients = session.envelope.rcptTo.map(({ address }) => address)
    return await call.accept({ ...submitted, messageId, messages: messagesOf(mail, recipients) })
  }

  #step(session: SMTPServerSession, at: Step): Promise<Verdict> {
    return this.#callOf(session).step(at, seen(session))
  }

  #callOf(session: SMTPServerSession): SmtpCall {
    const known = this.#calls.get(session.id)
    if (known !== undefined) return known
    const call = new SmtpCall(this.#deps, this.#socketOf(session))
    this.#calls.set(session.id, call)
    return call
  }

  #socketOf({ id }: SMTPServerSession): Socket {
    for (const connection of this.#server().connections)
      if (connection.session.id === id) return connection._socket
    throw new Error('the connection is gone')
  }
}

/** What is known before the mail is there. */
const seen = ({ envelope }: SMTPServerSession): Submitted => ({
  body: Buffer.alloc(0),
  marker: markerOf(envelope.dsn?.envid),
})
