// The only reader of the notifier's settings and secrets. Both are typed values, kept apart; a fault stops the start.

import { refuseSecretsInEnvironment } from '@postern/config/environment'
import { type Faults, load } from '@postern/config/faults'
import type { RingContents } from '@postern/config/ring-contents'
import { openSecrets } from '@postern/config/secrets'
import {
  type Environment,
  integer,
  optional,
  port,
  readSettings,
  type Settings,
  text,
  url,
} from '@postern/config/setting'
import {
  COMMON_SETTINGS,
  type Connections,
  readConnections,
  refuseInProduction,
} from '@postern/service-kit/common-settings'

const ADDRESS = /^[^\s@<>()[\],;:"\\]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/

export const SETTINGS = {
  host: text('POSTERN_NOTIFIER_HOST', '127.0.0.1', { describe: 'Address the notifier’s probes listen on.' }),
  port: port('POSTERN_NOTIFIER_PORT', 4001, { describe: 'Port the notifier’s probes listen on.' }),
  emailConcurrency: integer('POSTERN_NOTIFIER_EMAIL_CONCURRENCY', 50, {
    min: 1,
    max: 1_000,
    describe: 'Mails that one notifier process works on at a time.',
  }),
  smsConcurrency: integer('POSTERN_NOTIFIER_SMS_CONCURRENCY', 20, {
    min: 1,
    max: 1_000,
    describe: 'SMS that one notifier process works on at a time.',
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
  failpoint: optional(
    text('POSTERN_FAILPOINT', undefined, {
      pattern: /^K([1-9]|1[0-4]):kill$/,
      form: 'must be K1:kill to K14:kill',
      describe: 'Kills the process where a test wants it; refused in production.',
    }),
  ),
  ...COMMON_SETTINGS,
}

/** Never routed (RFC 2606): what comes from here was sent by a development run. */
const DEVELOPMENT_FROM = 'sign-in@postern.invalid'

export type NotifierSettings = Omit<Settings<typeof SETTINGS>, 'emailFrom'> & { readonly emailFrom: string }

export interface NotifierSecrets extends Connections {
  readonly sendgridApiKey: string
  readonly rings: Readonly<Record<'seal', RingContents>>
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
    refuseInProduction(settings.environment, env, faults)
    if (settings.environment === 'production') needForMails(settings, faults)
    const secrets = openSecrets(settings.secretsDir, faults)
    return {
      settings: { ...settings, emailFrom: settings.emailFrom ?? DEVELOPMENT_FROM },
      secrets: {
        ...readConnections(secrets, 'notifier'),
        sendgridApiKey: secrets.text('sendgrid-api-key'),
        rings: { seal: secrets.ring('seal', 'symmetric') },
      },
    }
  })
}

/** What real mails need: an address of the operator's, and a vendor that nobody listens to on the way. */
function needForMails(settings: Settings<typeof SETTINGS>, faults: Faults): void {
  if (settings.emailFrom === undefined)
    faults.add('POSTERN_EMAIL_FROM: is not set, and is needed in production')
  if (settings.sendgridUrl?.startsWith('http:'))
    faults.add('POSTERN_SENDGRID_URL: must be https in production')
}
