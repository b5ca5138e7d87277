import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '@postern/config/faults'
import t, { type Test } from 'tap'
import { readConfig } from '../src/config.ts'

const DATABASE = 'postgres://postern_notifier:pKq7vXw2@127.0.0.1:5432/postern'
const API_KEY = 'SG.pKq7vXw2Lm.9tYb3nRc5d'

async function secrets(t: Test, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'postern-notifier-config-'))
  t.teardown(() => rm(dir, { recursive: true }))
  await mkdir(join(dir, 'seal'))
  const all = {
    'seal/v1': randomBytes(32).toString('base64'),
    'database-url-notifier': DATABASE,
    'sendgrid-api-key': API_KEY,
    ...files,
  }
  for (const [name, text] of Object.entries(all)) if (text !== '') await writeFile(join(dir, name), text)
  return dir
}

function faultsOf(env: Readonly<Record<string, string>>): string {
  try {
    readConfig(env)
    return ''
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.faults.join('\n')
  }
}

t.test('in development the notifier needs its secrets and nothing else', async (t) => {
  const { settings, secrets: read } = readConfig({
    POSTERN_ENV: 'development',
    POSTERN_SECRETS_DIR: await secrets(t),
  })
  t.match(settings, {
    port: 4001,
    emailFrom: 'sign-in@postern.invalid',
    sendgridUrl: 'https://api.sendgrid.com',
  })
  t.match(read, { databaseUrl: DATABASE, queueUrl: DATABASE, sendgridApiKey: API_KEY })
})

t.test('a queue-url is the queue; without one it is on the database', async (t) => {
  const dir = await secrets(t, { 'queue-url': 'redis://127.0.0.1:6379' })
  const { secrets: read } = readConfig({ POSTERN_ENV: 'development', POSTERN_SECRETS_DIR: dir })
  t.equal(read.queueUrl, 'redis://127.0.0.1:6379')
})

t.test('production is what nobody asked otherwise, and it refuses what only a test may have', async (t) => {
  const found = faultsOf({
    POSTERN_SECRETS_DIR: await secrets(t),
    POSTERN_FAILPOINT: 'K7:kill',
    POSTERN_SENDGRID_URL: 'http://127.0.0.1:4003/sendgrid',
  })
  t.match(found, 'POSTERN_FAILPOINT: is refused in production')
  t.match(found, 'POSTERN_SENDGRID_URL: must be https in production')
  t.match(found, 'POSTERN_EMAIL_FROM: is not set, and is needed in production')
})

t.test('every fault is told at once, and no value', async (t) => {
  const found = faultsOf({
    POSTERN_ENV: 'development',
    POSTERN_SECRETS_DIR: await secrets(t, {
      'sendgrid-api-key': 'changeme-changeme',
      'database-url-notifier': '',
    }),
    POSTERN_FAILPOINT: 'K15:kill',
    POSTERN_EMAIL_FROM: 'a@example.org, b@example.org',
    POSTERN_NOTIFIER_EMAIL_CONCURRENCY: 'many',
    POSTERN_SENDGRID_API_KEY: API_KEY,
  })
  for (const what of [
    'POSTERN_FAILPOINT: must be',
    'POSTERN_EMAIL_FROM: must be one e-mail address',
    'POSTERN_NOTIFIER_EMAIL_CONCURRENCY: must be',
    'POSTERN_SENDGRID_API_KEY: a secret must not come through the environment',
    /database-url-notifier: is missing/,
    /sendgrid-api-key: holds an example value/,
  ]) {
    t.match(found, what)
  }
  t.notMatch(found, /changeme-changeme|pKq7vXw2|b@example/)
})

t.test('the mail’s sender is exactly one address', async (t) => {
  const dir = await secrets(t)
  const faults = (from: string) =>
    faultsOf({ POSTERN_ENV: 'development', POSTERN_SECRETS_DIR: dir, POSTERN_EMAIL_FROM: from })
  t.equal(faults('sign-in@id.example.org'), '')
  for (const from of [
    'Acme <a@example.org>',
    'a@example.org\r\nBcc: b@example.org',
    'a@localhost',
    '@example.org',
  ]) {
    t.match(faults(from), 'POSTERN_EMAIL_FROM', from)
  }
})
