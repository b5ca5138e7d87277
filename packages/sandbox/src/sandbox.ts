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
import { type Random, systemRandom } from './random.ts'
import { secretFile } from './secret-file.ts'
import { vendorDoubles } from './vendor/doubles.ts'

export interface SandboxOptions {
  /** Address to listen on; default 127.0.0.1. */
  readonly host?: string
  /** Default 0: any free port. */
  readonly port?: number
  /** Where browsers reach the sandbox, and so where magic links lead back to; default `url`. */
  readonly publicUrl?: string
  /** Default http://127.0.0.1:4000. Only the demo calls it. */
  readonly gatewayUrl?: string
  /** Default http://127.0.0.1:4002. Only the demo calls it. */
  readonly auditUrl?: string
  /** File with the dev tenant's API key; read at each use, so it may appear later. */
  readonly apiKeyFile?: string
  /** File with the key that SendGrid's double demands; without it any bearer will do. Read at each call. */
  readonly sendgridKeyFile?: string
  /** Messages and calls that are kept, each; default 10,000. */
  readonly keep?: number
  readonly clock?: Clock
  readonly random?: Random
  /** Told of every fault inside the sandbox itself. */
  readonly reportFault?: ReportFault
}

export interface Sandbox {
  readonly app: TypedApp
  /** `http://<host>:<port>`, no slash at the end. */
  readonly url: string
  /** Stops listening and destroys every connection, also those that hang on purpose. Idempotent. */
  close(): Promise<void>
}

/** Resolves when the sandbox listens; rejects when it cannot. */
export async function createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { clock = systemClock, random = systemRandom, keep = 10_000 } = options
  const gatewayUrl = bare(options.gatewayUrl ?? 'http://127.0.0.1:4000')
  const auditUrl = bare(options.auditUrl ?? 'http://127.0.0.1:4002')
  let publicUrl = bare(options.publicUrl ?? 'http://127.0.0.1')
  const sendgridKey = options.sendgridKeyFile === undefined ? undefined : secretFile(options.sendgridKeyFile)
  const app = await buildApp({
    clock,
    random,
    gatewayUrl,
    auditUrl,
    publicUrl: () => publicUrl,
    doubles: vendorDoubles({ clock, random, sendgridKey }),
    faults: new FaultScript(random),
    inbox: new Inbox(keep, random),
    ledger: new Ledger(keep),
    signIns: new SignInStore(),
    client: posternClient({ gatewayUrl, auditUrl, apiKey: secretFile(options.apiKeyFile) }),
    reportFault: options.reportFault ?? (() => undefined),
  })
  const url = bare(await app.listen({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 }))
  if (options.publicUrl === undefined) publicUrl = url
  return { app, url, close: async () => await app.close() }
}

/** The address without slashes at its end. */
function bare(url: string): string {
  return url.replace(/\/+$/, '')
}
