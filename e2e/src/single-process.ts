// One process of a house's data-dir by itself: a second gateway or notifier beside the house, or, where the house is
// down, a part that the test may kill, freeze and start again as it likes.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '@postern/testkit/free-port'
import { until } from '@postern/testkit/poll'
import { sharedProcessGuard } from '@postern/testkit/process-guard'
import { plainEnvironment, root, type TestScope } from './checkout.ts'
import type { DevFile, ServiceName } from './dev-file.ts'

/** A house, running or not. */
export interface Place {
  readonly dataDir: string
  readonly dev: DevFile
}

export interface SingleInput {
  /** A free one unless told. */
  readonly port?: number
  /** What it may see of the secrets; the house's own unless told. */
  readonly secretsDir?: string
  readonly env?: Readonly<Record<string, string>>
}

export interface SingleProcess {
  readonly name: ServiceName
  readonly pid: number
  readonly url: string
  /** Everything it has written. */
  log(): string
  running(): boolean
  /** Settles when it has ended: with its code, or the signal that ended it. */
  readonly gone: Promise<number | NodeJS.Signals>
  /** Answers once it says that it listens. */
  listening(): Promise<void>
  /** What /readyz answers: 200, 503, or 0 for no answer. */
  readiness(): Promise<number>
  /** Answers once it is ready for work. */
  ready(deadlineMs?: number): Promise<void>
  /** SIGSTOP and SIGCONT. */
  freeze(): void
  thaw(): void
  /** Answers when it is gone. */
  end(signal: NodeJS.Signals): Promise<void>
}

let started = 0

export async function startSingle(
  t: TestScope,
  place: Place,
  name: ServiceName,
  input: SingleInput = {},
): Promise<SingleProcess> {
  const { port = await freePort() } = input
  started += 1
  const logFile = join(place.dataDir, 'logs', `${name}-${started}.log`)
  const child = launch(name, logFile, { ...environmentOf(place, name, port, input), ...input.env })
  const { pid = -1 } = child
  const gone = new Promise<number | NodeJS.Signals>((resolve) =>
    child.once('exit', (code, signal) => resolve(signal ?? code ?? -1)),
  )
  sharedProcessGuard().watch({ pid, signals: ['SIGKILL'], patienceMs: 2_000 })
  const running = () => child.exitCode === null && child.signalCode === null
  const end = async (signal: NodeJS.Signals) => {
    if (running()) child.kill(signal)
    await gone
    sharedProcessGuard().release(pid)
  }
  t.teardown(() => end('SIGKILL'))
  const url = `http://127.0.0.1:${port}`
  const log = () => readFileSync(logFile, 'utf8')
  const still = async (done: () => boolean | Promise<boolean>, what: string, deadlineMs: number) => {
    await until(async () => !running() || (await done()), {
      deadlineMs,
      everyMs: 25,
      what: `${name}: ${what}`,
    })
    if (!running()) throw new Error(`${name} has ended: ${log()}`)
  }
  const readiness = () => statusOf(`${url}${name === 'sandbox' ? '/livez' : '/readyz'}`)
  return {
    name,
    pid,
    url,
    log,
    running,
    gone,
    readiness,
    listening: () => still(() => log().includes('"msg":"ready"'), 'the line that says ready', 120_000),
    ready: (deadlineMs = 60_000) => still(async () => (await readiness()) === 200, 'readiness', deadlineMs),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    end,
  }
}

function launch(name: ServiceName, logFile: string, env: Record<string, string>): ChildProcess {
  const folder = name === 'sandbox' ? 'packages' : 'services'
  const log = openSync(logFile, 'a', 0o600)
  try {
    const child = spawn(process.execPath, [join(root, folder, name, 'src/main.ts')], {
      cwd: root,
      env: { ...plainEnvironment, ...env },
      stdio: ['pipe', log, log],
    })
    child.stdin?.on('error', () => undefined)
    return child
  } finally {
    closeSync(log)
  }
}

function environmentOf(
  { dataDir, dev }: Place,
  name: ServiceName,
  port: number,
  { secretsDir = join(dataDir, 'services', name) }: SingleInput,
): Record<string, string> {
  if (name === 'sandbox') return sandboxEnvironment(dataDir, dev, port)
  return {
    POSTERN_ENV: 'development',
    POSTERN_SECRETS_DIR: secretsDir,
    POSTERN_QUEUE_PREFIX: readFileSync(join(dataDir, 'queue-prefix'), 'utf8').trim(),
    [`POSTERN_${name.toUpperCase()}_HOST`]: '127.0.0.1',
    [`POSTERN_${name.toUpperCase()}_PORT`]: String(port),
    ...(name === 'gateway' && {
      POSTERN_PUBLIC_URL: dev.gateway,
      POSTERN_WEBHOOK_URL: dev.gateway,
      POSTERN_SES_TOPICS: 'arn:aws:sns:eu-west-1:000000000000:postern',
      POSTERN_SNS_ORIGIN: dev.sandbox,
    }),
    ...(name === 'notifier' && {
      POSTERN_WEBHOOK_URL: dev.gateway,
      POSTERN_SENDGRID_URL: `${dev.sandbox}/sendgrid`,
      POSTERN_TWILIO_URL: `${dev.sandbox}/twilio`,
      POSTERN_TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
      POSTERN_SMS_FROM: '+15005550006',
    }),
  }
}

function sandboxEnvironment(dataDir: string, dev: DevFile, port: number): Record<string, string> {
  return {
    POSTERN_SANDBOX_HOST: '127.0.0.1',
    POSTERN_SANDBOX_PORT: String(port),
    POSTERN_SANDBOX_SMTP_PORT: '0',
    POSTERN_SANDBOX_PUBLIC_URL: dev.sandbox,
    POSTERN_SANDBOX_GATEWAY_URL: dev.gateway,
    POSTERN_SANDBOX_AUDIT_URL: dev.audit,
    POSTERN_SANDBOX_API_KEY_FILE: join(dataDir, 'secrets', 'dev-api-key'),
    POSTERN_SANDBOX_SENDGRID_KEY_FILE: join(dataDir, 'secrets', 'sendgrid-api-key'),
    POSTERN_SANDBOX_TWILIO_TOKEN_FILE: join(dataDir, 'secrets', 'twilio-auth-token'),
    POSTERN_SANDBOX_SES_KEY_FILE: join(dataDir, 'secrets', 'ses-access-key'),
    POSTERN_SANDBOX_SMTP_LOGIN_FILE: join(dataDir, 'secrets', 'smtp-login'),
    POSTERN_SANDBOX_GATEWAY_KEY_FILE: join(dataDir, 'secrets', 'message-gateway-key'),
    POSTERN_SANDBOX_SENDGRID_RECEIPT_KEY_FILE: join(dataDir, 'secrets', 'sendgrid-receipt-private-key'),
    POSTERN_SANDBOX_TWILIO_RECEIPT_TOKEN_FILE: join(dataDir, 'secrets', 'twilio-receipt-token'),
    POSTERN_SANDBOX_GATEWAY_RECEIPT_KEY_FILE: join(dataDir, 'secrets', 'gateway-receipt-key'),
    POSTERN_SANDBOX_SNS_KEY_FILE: join(dataDir, 'secrets', 'sns-private-key'),
    POSTERN_SANDBOX_SNS_CERTIFICATE_FILE: join(dataDir, 'secrets', 'sns-certificate'),
  }
}

async function statusOf(url: string): Promise<number> {
  try {
    const answer = await fetch(url, { headers: { connection: 'close' }, signal: AbortSignal.timeout(2_000) })
    await answer.body?.cancel()
    return answer.status
  } catch {
    return 0
  }
}
