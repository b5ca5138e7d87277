// Sends by any mail server that takes submissions (RFC 6409). A mail is a connection of its own: nothing is pooled, nothing
// tried again. Neither login nor mail goes over a connection that is not encrypted, but where the options say so.

import { Readable } from 'node:stream'
import MailComposer from 'nodemailer/lib/mail-composer'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import { connectionPlaces } from './connection-places.ts'
import { asciiDomain } from './mailbox.ts'
import {
  type EmailMessage,
  NOT_BEGUN,
  type OpenSender,
  type SendContext,
  type SendOutcome,
} from './sender.ts'
import { classifySmtp, type Progress } from './smtp-outcome.ts'

export interface SmtpOptions {
  readonly host: string
  readonly port: number
  /** `implicit` from the first byte (465), `starttls` before anything else is said (587), `none`: tests and local use. */
  readonly tls: 'implicit' | 'starttls' | 'none'
  /** undefined: the server knows us otherwise. */
  readonly login?: { readonly user: string; readonly password: string } | undefined
  /** PEM of who may vouch for the server; undefined: whom the system trusts. */
  readonly ca?: string | undefined
}

const MAX_REPLY_BYTES = 64 * 1024
/** Longer than any call: what its signal has ended, and the library goes on with, is over then too. */
const SILENT_MS = 10_000

/** Postfix allows one client 50, unless told otherwise, and says 421 to the next; whose goodbye is under way still counts. */
const CONNECTIONS = { most: 40, patienceMs: 1_500 }

/** `close` ends what is still connected. More mails than connections wait for one, but not for long. */
export function createSmtpSender(options: SmtpOptions): OpenSender {
  const open = new Set<SMTPConnection>()
  const inPlace = connectionPlaces(CONNECTIONS)
  let closed = false

  async function converse(message: EmailMessage, context: SendContext): Promise<SendOutcome> {
    const { signal } = context
    if (closed) return NOT_BEGUN
    if (signal.aborted) return { kind: 'retryable', code: 'timeout' }
    const progress = { tooLate: false, dotMayHaveLeft: false, timedOut: false }
    const connection = new SMTPConnection(connectionOptions(options))
    open.add(connection)
    const { promise: broken, reject } = Promise.withResolvers<never>()
    broken.catch(() => undefined)
    connection.on('error', reject)
    signal.addEventListener('abort', () => {
      progress.timedOut = true
      reject(new Error('timeout'))
    })
    try {
      const mail = await composed(message)
      await Promise.race([broken, dialogue(connection, { ...mail, options, context, progress })])
      connection.quit()
      return { kind: 'accepted', providerMessageId: mail.messageId }
    } catch (error) {
      connection.close()
      return classifySmtp(error, progress)
    } finally {
      open.delete(connection)
    }
  }

  return {
    provider: 'smtp',
    send: async (message, context) => (await inPlace(() => converse(message, context))) ?? NOT_BEGUN,
    close: () => {
      closed = true
      for (const connection of open) connection.close()
    },
  }
}

function connectionOptions({ host, port, tls, ca }: SmtpOptions) {
  return {
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: { minVersion: 'TLSv1.2' as const, ...(ca !== undefined && { ca }) },
    connectionTimeout: SILENT_MS,
    greetingTimeout: SILENT_MS,
    socketTimeout: SILENT_MS,
    dnsTimeout: SILENT_MS,
    // What is over is over: no connection waits for the other side to hang up.
    socketCloseTimeout: 0,
    maxResponseSize: MAX_REPLY_BYTES,
    logger: false,
  }
}

interface Composed {
  readonly envelope: { readonly from: string | false; readonly to: string[] }
  readonly raw: Buffer
  /** Without its brackets. */
  readonly messageId: string
}

/** The mark is in the envelope's id (RFC 3461), which bounces bring back, in the Message-ID and in a header of ours. */
async function composed(message: EmailMessage): Promise<Composed> {
  const { from, to, subject, text, html } = message
  const address = asciiDomain(from.email)
  const messageId = `${markOf(message)}@${address.slice(address.lastIndexOf('@') + 1)}`
  const node = new MailComposer({
    from: { name: from.name, address },
    to: { name: '', address: asciiDomain(to) },
    subject,
    text,
    ...(html !== null && { html }),
    messageId: `<${messageId}>`,
    headers: { 'X-Postern-Delivery': markOf(message), 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile()
  return { envelope: node.getEnvelope(), raw: await node.build(), messageId }
}

const markOf = ({ deliveryId, attempt }: EmailMessage) => `${deliveryId}.${attempt}`

interface Dialogue extends Composed {
  readonly options: SmtpOptions
  readonly context: SendContext
  readonly progress: { -readonly [K in keyof Progress]: Progress[K] }
}

async function dialogue(connection: SMTPConnection, given: Dialogue): Promise<void> {
  const { options, envelope, raw, messageId } = given
  await step((done) => connection.connect(done))
  const { login } = options
  if (login !== undefined)
    await step((done) => connection.login({ user: login.user, pass: login.password }, done))
  const dsn = { id: messageId.slice(0, messageId.indexOf('@')), return: 'headers' }
  const content = Readable.from(contentOf(raw, given), { objectMode: false })
  await step((done) => connection.send({ ...envelope, dsn, size: raw.length }, content, done))
}

/** Asked for when the server has taken recipient and sender and waits for the mail; the final dot follows its end. */
async function* contentOf(raw: Buffer, { context, progress }: Dialogue): AsyncGenerator<Buffer> {
  if (context.mayBegin?.() === false) {
    progress.tooLate = true
    throw new Error('too late')
  }
  yield raw
  progress.dotMayHaveLeft = true
  const { onWritten } = context
  if (onWritten) setImmediate(onWritten)
}

function step(work: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    work((error) => (error ? reject(error) : resolve()))
  })
}
