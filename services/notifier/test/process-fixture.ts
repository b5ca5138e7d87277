// The real process of the notifier, with its own secrets folder, on a database and a queue of the test's.

import { spawn } from 'node:child_process'
import { createSecretKey, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SERVICE_ROLES } from '@postern/db/roles'
import { migrateQueueSchema } from '@postern/queue/migrate-bullmq'
import { bareEnvironment } from '@postern/testkit/bare-environment'
import { until } from '@postern/testkit/poll'
import type { TestScope } from '@postern/testkit/postgres'
import { createKeyRing } from '@postern/token/key-ring'
import { type Fixture, fixture } from './delivery-fixture.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** Never an example value to the configuration, and easy to find where it must not be. */
export const API_KEY = `SG.canary-key-4711.${randomBytes(24).toString('base64url')}`
export const AUTH_TOKEN = `canary-token-4711.${randomBytes(24).toString('base64url')}`

export interface House extends Fixture {
  readonly secretsDir: string
}

/** A database with the queue's schema, and the secrets folder of a notifier on it. */
export async function house(t: TestScope, queueUrl?: string): Promise<House> {
  const key = randomBytes(32)
  const sealRing = createKeyRing('seal', [{ version: 1, key: createSecretKey(key) }])
  const f = await fixture(t, { steps: [migrateQueueSchema], sealRing })
  // The queue's own grant on its database is not copied from the template.
  await f.admin.query(`GRANT TEMPORARY ON DATABASE ${f.urls.name} TO ${SERVICE_ROLES.join(', ')}`)
  const secretsDir = await mkdtemp(join(tmpdir(), 'postern-notifier-secrets-'))
  t.teardown(() => rm(secretsDir, { recursive: true, force: true }))
  await mkdir(join(secretsDir, 'seal'))
  await writeFile(join(secretsDir, 'seal', 'v1'), key.toString('base64'))
  await mkdir(join(secretsDir, 'receipt'))
  await writeFile(join(secretsDir, 'receipt', 'v1'), randomBytes(32).toString('base64'))
  await writeFile(join(secretsDir, 'database-url-notifier'), f.urls.notifierUrl)
  await writeFile(join(secretsDir, 'sendgrid-api-key'), API_KEY)
  await writeFile(join(secretsDir, 'twilio-auth-token'), AUTH_TOKEN)
  if (queueUrl !== undefined) await writeFile(join(secretsDir, 'queue-url'), queueUrl)
  return { ...f, secretsDir }
}

export interface RunningNotifier {
  readonly pid: number
  /** Everything it wrote so far. */
  output(): string
  /** Resolves when it answers that it is ready; rejects with what it wrote when it ends before. */
  ready(): Promise<string>
  /** Resolves with how it ended: a code or a signal. */
  readonly ended: Promise<number | string>
  kill(signal: NodeJS.Signals): void
}

/** Starts the real main. The environment holds nothing but what is given. */
export function startNotifier(
  t: TestScope,
  { secretsDir }: Pick<House, 'secretsDir'>,
  settings: Readonly<Record<string, string>>,
): RunningNotifier {
  const child = spawn(process.execPath, [MAIN], {
    env: {
      ...bareEnvironment(),
      POSTERN_ENV: 'development',
      POSTERN_SECRETS_DIR: secretsDir,
      POSTERN_NOTIFIER_PORT: '0',
      POSTERN_NOTIFIER_EMAIL_CONCURRENCY: '10',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code ?? -1))
  })
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  let over = false
  void ended.then(() => {
    over = true
  })
  return {
    pid: child.pid ?? -1,
    output: () => output,
    ended,
    kill: (signal) => void child.kill(signal),
    async ready() {
      const line = await until(() => over || readyLine(output), {
        deadlineMs: 60_000,
        what: 'a notifier that is ready',
      })
      if (line === true) throw new Error(`the notifier ended: ${output}`)
      return line.url
    },
  }
}

function readyLine(output: string): { url: string } | undefined {
  const line = output.split('\n').find((text) => text.includes('"msg":"ready"'))
  return line === undefined ? undefined : (JSON.parse(line) as { url: string })
}
