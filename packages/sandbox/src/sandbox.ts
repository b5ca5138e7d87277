// Builds the sandbox, listens, and gives back how to reach and how to stop it.

import { buildApp } from './app.ts'
import { type Clock, systemClock } from './clock.ts'
import { posternClient } from './demo/postern.client.ts'
import { SignInStore } from './demo/sign-in.store.ts'
import { FaultScript } from './fault/fault-script.ts'
import type { ReportFault } from './http/json-only.ts'
import type { TypedApp } from './http/typed-app.ts'
import { Inbox } from './inbox/inbox.ts'
import { Ledger } from './ledger/ledger.ts'
import { Newest } from './newest.ts'
import { type Random, seededRandom, systemRandom } from './random.ts'
import type { ToldReceipt } from './receipt/send-receipts.ts'
import { SentBook } from './receipt/sent-book.ts'
import { tellByItself } from './receipt/tell-by-itself.ts'
import { secretFile } from './secret-file.ts'
import { openVendors } from './vendor/doubles.ts'
import { startSmtpDouble } from './vendor/smtp/smtp.double.ts'

export interface SandboxOptions {
  /** Address to listen on; default 127.0.0.1. */
  readonly host?: string
  /** Default 0: any free port. */
  readonly port?: number
  /** Where browsers reach the sandbox, and so where magic links lead back to; default `url`. */
  readonly publicUrl?: string | undefined
  /** Default http://127.0.0.1:4000. Only the demo calls it. */
  readonly gatewayUrl?: string
  /** Default http://127.0.0.1:4002. Only the demo calls it. */
  readonly auditUrl?: string
  /** File with the dev tenant's API key; read at each use, so it may appear later. */
  readonly apiKeyFile?: string | undefined
  /** File with the key that SendGrid's double demands; without it any bearer will do. Read at each call. */
  readonly sendgridKeyFile?: string | undefined
  /** The same for SES: `<access key id>:<secret access key>`; without it signatures are not compared. */
  readonly sesKeyFile?: string | undefined
  /** The same for the HTTP gateway: `<api key>:<signing key>`. */
  readonly gatewayKeyFile?: string | undefined
  /** The same for the mail server: `<user>:<password>`; without it nobody need log in. */
  readonly smtpLoginFile?: string | undefined
  /** The same for Twilio: its auth token. */
  readonly twilioTokenFile?: string | undefined
  /** Where the gateway takes receipts; default `gatewayUrl`. Twilio's go where each message says. */
  readonly webhookUrl?: string | undefined
  /** File with the P-256 key, in PEM, that SendGrid signs receipts with; each such file is read at each call. */
  readonly sendgridReceiptKeyFile?: string | undefined
  /** The same for the HTTP gateway: its text is the HMAC's key. */
  readonly gatewayReceiptKeyFile?: string | undefined
  /** The same for Twilio: its auth token; of two lines the first. */
  readonly twilioReceiptTokenFile?: string | undefined
  /** The same for SES: the RSA key, in PEM, of SNS, and the certificate that the sandbox shows for it. */
  readonly snsKeyFile?: string | undefined
  readonly snsCertificateFile?: string | undefined
  /** The ARN that SES's receipts come by; default `DEFAULT_TOPIC`. */
  readonly sesTopic?: string | undefined
  /** With it every message is reported as delivered by itself, so many milliseconds after it was taken. */
  readonly deliveredAfterMs?: number | undefined
  /** Of the mail server; default 0: any free port. */
  readonly smtpPort?: number
  /** With it the mail server offers STARTTLS. PEM. */
  readonly smtpTls?: { readonly key: string; readonly cert: string }
  /** Messages and calls that are kept, each; default 10,000. */
  readonly keep?: number
  readonly clock?: Clock
  readonly random?: Random
  /** With it, ids and what a fault's `share` hits are the same in every run, unless `random` is given. */
  readonly seed?: string | undefined
  /** Told of every fault inside the sandbox itself. */
  readonly reportFault?: ReportFault
}

export const DEFAULT_TOPIC = 'arn:aws:sns:eu-west-1:000000000000:postern'

export interface Sandbox {
  readonly app: TypedApp
  /** `http://<host>:<port>`, no slash at the end. */
  readonly url: string
  /** Of the mail server, on the same host. */
  readonly smtpPort: number
  /** Stops listening and destroys every connection, also those that hang on purpose. Idempotent. */
  close(): Promise<void>
}

/** Resolves when the sandbox listens; rejects when it cannot. */
export async function createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { clock = systemClock, keep = 10_000, host = '127.0.0.1', seed } = options
  const random = options.random ?? (seed === undefined ? systemRandom : seededRandom(seed))
  const gatewayUrl = bare(options.gatewayUrl ?? 'http://127.0.0.1:4000')
  const auditUrl = bare(options.auditUrl ?? 'http://127.0.0.1:4002')
  let publicUrl = bare(options.publicUrl ?? 'http://127.0.0.1')
  const reportFault = options.reportFault ?? (() => undefined)
  const { doubles, webhooks } = openVendors({
    clock,
    random,
    keys: vendorKeys(options),
    receiptKeys: receiptKeys(options),
    sesTopic: options.sesTopic ?? DEFAULT_TOPIC,
    publicUrl: () => publicUrl,
  })
  const sent = new SentBook(keep)
  const parts = {
    faults: new FaultScript(random),
    inbox: new Inbox(keep, random.stream('inbox')),
    ledger: new Ledger(keep),
    sent,
  }
  const closing = new AbortController()
  const receipts = {
    sent,
    clock,
    random: random.stream('receipts'),
    webhookUrl: bare(options.webhookUrl ?? gatewayUrl),
    webhooks,
    told: new Newest<ToldReceipt>({ maxCount: keep }),
    closing: closing.signal,
  }
  if (options.deliveredAfterMs !== undefined) tellByItself(receipts, options.deliveredAfterMs, reportFault)
  const app = await buildApp({
    ...parts,
    receipts,
    readCertificate: secretFile(options.snsCertificateFile),
    clock,
    random,
    gatewayUrl,
    auditUrl,
    publicUrl: () => publicUrl,
    doubles,
    signIns: new SignInStore(),
    client: posternClient({ gatewayUrl, auditUrl, apiKey: secretFile(options.apiKeyFile) }),
    reportFault,
  })
  const smtp = await startSmtpDouble({
    ...parts,
    clock,
    random: random.stream('ids of smtp'),
    host,
    port: options.smtpPort ?? 0,
    expectedLogin: given(options.smtpLoginFile),
    ...(options.smtpTls !== undefined && { tls: options.smtpTls }),
    reportFault,
  })
  const close = async () => {
    closing.abort()
    await Promise.all([app.close(), smtp.close()])
  }
  const url = await listen(app, host, options.port).catch(async (cause: unknown) => {
    await close()
    throw cause
  })
  if (options.publicUrl === undefined) publicUrl = url
  return { app, url, smtpPort: smtp.port, close }
}

async function listen(app: TypedApp, host: string, port = 0): Promise<string> {
  return bare(await app.listen({ host, port }))
}

const vendorKeys = ({ sendgridKeyFile, sesKeyFile, gatewayKeyFile, twilioTokenFile }: SandboxOptions) => ({
  sendgrid: given(sendgridKeyFile),
  ses: given(sesKeyFile),
  gateway: given(gatewayKeyFile),
  twilio: given(twilioTokenFile),
})

const receiptKeys = (options: SandboxOptions) => ({
  sendgrid: given(options.sendgridReceiptKeyFile),
  ses: given(options.snsKeyFile),
  gateway: given(options.gatewayReceiptKeyFile),
  twilio: given(options.twilioReceiptTokenFile),
})

const given = (file: string | undefined) => (file === undefined ? undefined : secretFile(file))

/** The address without slashes at its end. */
function bare(url: string): string {
  return url.replace(/\/+$/, '')
}
