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
  await mkdir(join(dir, 'receipt'))
  const all = {
    'seal/v1': randomBytes(32).toString('base64'),
    'receipt/v1': randomBytes(32).toString('base64'),
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
  t.match(read, {
    databaseUrl: DATABASE,
    queueUrl: DATABASE,
    house: [{ channel: 'email', provider: 'sendgrid', secret: API_KEY }],
  })
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
    POSTERN_TWILIO_URL: 'http://127.0.0.1:4003/twilio',
  })
  t.match(found, 'POSTERN_FAILPOINT: is refused in production')
  t.match(found, 'POSTERN_SENDGRID_URL: must be https in production')
  t.match(found, 'POSTERN_TWILIO_URL: must be https in production')
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

const ACCOUNT = `AC${'0a'.repeat(16)}`
const SERVICE = `MG${'0b'.repeat(16)}`

t.test('SMS need an account, its token, and one way to say whom they come from', async (t) => {
  const dir = await secrets(t, { 'twilio-auth-token': API_KEY })
  const without = await secrets(t)
  const env = (more: Readonly<Record<string, string>>, folder = dir) => ({
    POSTERN_ENV: 'development',
    POSTERN_SECRETS_DIR: folder,
    ...more,
  })
  const account = { POSTERN_TWILIO_ACCOUNT_SID: ACCOUNT }
  const service = { POSTERN_TWILIO_MESSAGING_SERVICE_SID: SERVICE }
  const none = readConfig(env({}, without))
  t.equal(none.settings.smsSender, undefined, 'without an account no token is asked for')
  t.notOk(none.secrets.house.some(({ channel }) => channel === 'sms'))
  const byService = readConfig(env({ ...account, ...service }))
  t.same(byService.settings.smsSender, { messagingServiceSid: SERVICE })
  t.match(byService.secrets.house.at(-1), {
    provider: 'twilio',
    settings: { account_sid: ACCOUNT, messaging_service_sid: SERVICE },
    secret: API_KEY,
  })
  for (const from of ['+447700900123', '60606', 'Acme 24']) {
    const { settings } = readConfig(env({ ...account, POSTERN_SMS_FROM: from }))
    t.same(settings.smsSender, { from })
  }
  t.match(faultsOf(env({ ...account, ...service }, without)), /twilio-auth-token: is missing/)
  t.match(faultsOf(env(service)), 'POSTERN_TWILIO_ACCOUNT_SID: is not set')
  const one = 'one of them is needed, and not both'
  t.match(faultsOf(env(account)), one)
  t.match(faultsOf(env({ ...account, ...service, POSTERN_SMS_FROM: 'Acme' })), one)
  for (const from of ['12', '+0770090', 'a name too long', 'Acme\r\nTo: +1', '123456789'])
    t.match(faultsOf(env({ ...account, POSTERN_SMS_FROM: from })), 'POSTERN_SMS_FROM: must', from)
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

t.test('stand-bys are listed in order, and each needs what it is set up by', async (t) => {
  const pair = `Kq7vXw2Lm:${API_KEY}`
  const dir = await secrets(t, { 'ses-access-key': pair, 'smtp-login': pair, 'message-gateway-key': pair })
  const listed = {
    POSTERN_ENV: 'development',
    POSTERN_SECRETS_DIR: dir,
    POSTERN_EMAIL_SENDERS: 'ses, smtp,gateway',
    POSTERN_SMS_SENDERS: 'gateway',
  }
  const set = {
    POSTERN_SES_REGION: 'eu-west-1',
    POSTERN_SMTP_HOST: 'mail.example.org',
    POSTERN_MESSAGE_GATEWAY_URL: 'https://send.example.org/messages',
  }
  const { house } = readConfig({ ...listed, ...set }).secrets
  t.same(
    house.map(({ channel, provider }) => `${channel} ${provider}`),
    ['email ses', 'email smtp', 'email gateway', 'sms gateway'],
  )
  t.ok(house.every(({ secret }) => secret === pair))
  const lacking = faultsOf(listed)
  for (const name of Object.keys(set)) t.match(lacking, `${name}: is not set, and is needed`)
  t.match(
    faultsOf({ ...listed, ...set, POSTERN_SECRETS_DIR: await secrets(t) }),
    'ses-access-key: is missing',
  )
  const half = await secrets(t, { 'ses-access-key': API_KEY, 'message-gateway-key': pair })
  t.match(
    faultsOf({ ...listed, ...set, POSTERN_SECRETS_DIR: half }),
    'ses-access-key: must be <access key id>',
  )
  t.match(
    faultsOf({ ...listed, ...set, POSTERN_SES_REGION: 'the moon' }),
    'what is set for ses has not the required form',
  )
  for (const list of ['ses,ses', 'ses,pigeon', ''])
    if (list !== '') t.match(faultsOf({ ...listed, POSTERN_EMAIL_SENDERS: list }), 'each once at most', list)
})

t.test('production sends nothing in the open, by no vendor', async (t) => {
  const dir = await secrets(t)
  const found = faultsOf({
    POSTERN_SECRETS_DIR: dir,
    POSTERN_SES_URL: 'http://ses.example.org',
    POSTERN_MESSAGE_GATEWAY_URL: 'http://send.example.org',
    POSTERN_SMTP_TLS: 'none',
  })
  for (const name of ['SES_URL', 'MESSAGE_GATEWAY_URL']) t.match(found, `POSTERN_${name}: must be https`)
  t.match(found, 'POSTERN_SMTP_TLS: must not be none in production')
})
