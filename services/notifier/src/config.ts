// The only reader of the notifier's settings and secrets. Both are typed values, kept apart; a fault stops the start.

import { refuseSecretsInEnvironment } from '@postern/config/environment'
import { type Faults, load } from '@postern/config/faults'
import type { RingContents } from '@postern/config/ring-contents'
import { openSecrets } from '@postern/config/secrets'
import {
  type Environment,
  integer,
  oneOf,
  optional,
  port,
  readSettings,
  type Settings,
  text,
  url,
} from '@postern/config/setting'
import { LOG_LEVELS } from '@postern/telemetry/logger'

const ADDRESS = /^[^\s@<>()[\],;:"\\]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/

export const SETTINGS = {
  host: text('POSTERN_NOTIFIER_HOST', '127.0.0.1', { describe: 'Address the notifier’s probes listen on.' }),
  port: port('POSTERN_NOTIFIER_PORT', 4001, { describe: 'Port the notifier’s probes listen on.' }),
  concurrency: integer('POSTERN_NOTIFIER_CONCURRENCY', 50, {
    min: 1,
    max: 1_000,
    describe: 'Messages that one notifier process works on at a time.',
  }),
  poolSize: integer('POSTERN_NOTIFIER_POOL', 12, {
    min: 2,
    max: 500,
    describe: 'Database connections of the notifier at most.',
  }),
  emailFrom: optional(
    text('POSTERN_EMAIL_FROM', undefined, {
      pattern: ADDRESS,
      form: 'must be one e-mail address',
      describe: 'Address that mails come from; needed in production.',
    }),
  ),
  sendgridUrl: url('POSTERN_SENDGRID_URL', 'https://api.sendgrid.com', {
    describe: 'Where SendGrid’s API is; https in production.',
  }),
  environment: oneOf('POSTERN_ENV', 'production', ['development', 'production'], {
    describe: 'In production links must be https and failpoints are refused.',
  }),
  failpoint: optional(
    text('POSTERN_FAILPOINT', undefined, {
      pattern: /^K([1-9]|1[0-4]):kill$/,
      form: 'must be K1:kill to K14:kill',
      describe: 'Kills the process where a test wants it; refused in production.',
    }),
  ),
  secretsDir: text('POSTERN_SECRETS_DIR', undefined, {
    describe: 'Folder of the secret files and key rings.',
  }),
  logLevel: oneOf('POSTERN_LOG_LEVEL', 'info', LOG_LEVELS, {
    describe: 'Least severe lines that are logged.',
  }),
  otlpEndpoint: optional(
    url('POSTERN_OTLP_ENDPOINT', undefined, {
      describe: 'OTLP/HTTP collector; without it nothing is traced.',
    }),
  ),
  queuePrefix: text('POSTERN_QUEUE_PREFIX', '{postern}', {
    describe: 'Prefix of the queue’s keys in Redis, with a hash tag.',
  }),
}

/** Never routed (RFC 2606): what comes from here was sent by a development run. */
const DEVELOPMENT_FROM = 'sign-in@postern.invalid'

export type NotifierSettings = Omit<Settings<typeof SETTINGS>, 'emailFrom'> & { readonly emailFrom: string }

export interface NotifierSecrets {
  readonly databaseUrl: string
  /** redis:// or postgres://; the database itself when no queue-url is given */
  readonly queueUrl: string
  readonly sendgridApiKey: string
  readonly sealRing: RingContents
}

export interface NotifierConfig {
  readonly settings: NotifierSettings
  readonly secrets: NotifierSecrets
}

/** @throws ConfigError with every fault at once */
export function readConfig(env: Environment): NotifierConfig {
  return load((faults) => {
    refuseSecretsInEnvironment(env, faults)
    const settings = readSettings(SETTINGS, env, faults)
    if (settings.environment === 'production') refuseInProduction(settings, faults)
    const secrets = openSecrets(settings.secretsDir, faults)
    const databaseUrl = secrets.url('database-url-notifier', { schemes: ['postgres', 'postgresql'] })
    const queueUrl = secrets.optionalUrl('queue-url', {
      schemes: ['redis', 'rediss', 'postgres', 'postgresql'],
    })
    return {
      settings: { ...settings, emailFrom: settings.emailFrom ?? DEVELOPMENT_FROM },
      secrets: {
        databaseUrl,
        queueUrl: queueUrl ?? databaseUrl,
        sendgridApiKey: secrets.text('sendgrid-api-key'),
        sealRing: secrets.ring('seal', 'symmetric'),
      },
    }
  })
}

function refuseInProduction(settings: Settings<typeof SETTINGS>, faults: Faults): void {
  if (settings.failpoint !== undefined) faults.add('POSTERN_FAILPOINT: is refused in production')
  if (settings.emailFrom === undefined)
    faults.add('POSTERN_EMAIL_FROM: is not set, and is needed in production')
  if (settings.sendgridUrl?.startsWith('http:'))
    faults.add('POSTERN_SENDGRID_URL: must be https in production')
}
