// The only reader of the notifier's settings and secrets. Both are typed values, kept apart; a fault stops the start.

import { refuseSecretsInEnvironment } from '@postern/config/environment'
import { type Faults, load } from '@postern/config/faults'
import type { RingContents } from '@postern/config/ring-contents'
import { openSecrets } from '@postern/config/secrets'
import {
  type Environment,
  integer,
  listOf,
  oneOf,
  optional,
  port,
  readSettings,
  type Settings,
  text,
  url,
} from '@postern/config/setting'
import { secretFileOf } from '@postern/contracts/sender'
import {
  COMMON_SETTINGS,
  type Connections,
  failpoint,
  readConnections,
  refuseInProduction,
  refuseWebhookUrl,
  webhookUrl,
} from '@postern/service-kit/common-settings'
import type { SenderPlan } from './sender/configured-sender.ts'
import { houseSenders } from './sender/house-senders.ts'

const ADDRESS = /^[^\s@<>()[\],;:"\\]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/

const SMS_SENDER = /^(\+[1-9][0-9]{6,14}|[0-9]{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$/

export const SETTINGS = {
  host: text('POSTERN_NOTIFIER_HOST', '127.0.0.1', { describe: 'Address the notifier’s probes listen on.' }),
  port: port('POSTERN_NOTIFIER_PORT', 4001, { describe: 'Port the notifier’s probes listen on.' }),
  emailConcurrency: integer('POSTERN_NOTIFIER_EMAIL_CONCURRENCY', 100, {
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
  twilioUrl: url('POSTERN_TWILIO_URL', 'https://api.twilio.com', {
    describe: 'Where Twilio’s API is; https in production.',
  }),
  twilioAccountSid: optional(
    text('POSTERN_TWILIO_ACCOUNT_SID', undefined, {
      pattern: /^AC[0-9a-f]{32}$/,
      form: 'must be AC and 32 hexadecimal digits',
      describe: 'Twilio account that SMS go through; without it none are sent.',
    }),
  ),
  twilioMessagingServiceSid: optional(
    text('POSTERN_TWILIO_MESSAGING_SERVICE_SID', undefined, {
      pattern: /^MG[0-9a-f]{32}$/,
      form: 'must be MG and 32 hexadecimal digits',
      describe: 'Messaging Service that chooses whom SMS come from; instead of POSTERN_SMS_FROM.',
    }),
  ),
  smsFrom: optional(
    text('POSTERN_SMS_FROM', undefined, {
      pattern: SMS_SENDER,
      form: 'must be one number in E.164, a short code, or a name of at most 11 letters, digits and blanks',
      describe: 'Number or name that SMS come from.',
    }),
  ),
  emailSenders: listOf('POSTERN_EMAIL_SENDERS', 'sendgrid', ['sendgrid', 'ses', 'smtp', 'gateway'], {
    describe: 'Vendors that bring mails, in the order in which they are asked.',
  }),
  smsSenders: listOf('POSTERN_SMS_SENDERS', 'twilio', ['twilio', 'gateway'], {
    describe: 'Vendors that bring SMS, in the order in which they are asked.',
  }),
  sesRegion: optional(text('POSTERN_SES_REGION', undefined, { describe: 'Region of Amazon SES.' })),
  sesUrl: optional(
    url('POSTERN_SES_URL', undefined, { describe: 'Where SES’s API is, if not at its region’s address.' }),
  ),
  sesConfigurationSet: optional(
    text('POSTERN_SES_CONFIGURATION_SET', undefined, { describe: 'Configuration set that SES mails go by.' }),
  ),
  smtpHost: optional(text('POSTERN_SMTP_HOST', undefined, { describe: 'Mail server that takes our mails.' })),
  smtpPort: port('POSTERN_SMTP_PORT', 587, { describe: 'Port of the mail server.' }),
  smtpTls: oneOf('POSTERN_SMTP_TLS', 'starttls', ['starttls', 'implicit', 'none'], {
    describe: 'How the connection to the mail server is encrypted.',
  }),
  messageGatewayUrl: optional(
    url('POSTERN_MESSAGE_GATEWAY_URL', undefined, { describe: 'Where an HTTP gateway takes messages.' }),
  ),
  sendgridUrl: url('POSTERN_SENDGRID_URL', 'https://api.sendgrid.com', {
    describe: 'Where SendGrid’s API is; https in production.',
  }),
  webhookUrl,
  failpoint,
  ...COMMON_SETTINGS,
}

/** Never routed (RFC 2606): what comes from here was sent by a development run. */
const DEVELOPMENT_FROM = 'sign-in@postern.invalid'

type Read = Settings<typeof SETTINGS>

export type NotifierSettings = Omit<Read, 'emailFrom'> & {
  readonly emailFrom: string
  /** Whom SMS come from; undefined: none are sent. */
  readonly smsSender: SmsSender | undefined
}

export type SmsSender = { readonly messagingServiceSid: string } | { readonly from: string }

export interface NotifierSecrets extends Connections {
  /** The installation's own senders, with their credentials. */
  readonly house: readonly SenderPlan[]
  /** Where processes tell each other of failing vendors; undefined: nowhere. */
  readonly redisUrl: string | undefined
  /** The credential of a tenant's sender, by the name that its row has for it; undefined: no such file. May throw. */
  readonly senderSecret: (name: string) => string | undefined
  readonly rings: Readonly<Record<'seal' | 'receipt', RingContents>>
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
    if (settings.environment === 'production') needForReal(settings, faults)
    refuseWebhookUrl(settings, faults)
    const secrets = openSecrets(settings.secretsDir, faults)
    const smsSender = smsSenderOf(settings, faults)
    const connections = readConnections(secrets, 'notifier')
    const redisUrl = secrets.optionalUrl('redis-url', { schemes: ['redis', 'rediss'] })
    return {
      settings: { ...settings, emailFrom: settings.emailFrom ?? DEVELOPMENT_FROM, smsSender },
      secrets: {
        ...connections,
        redisUrl: redisUrl ?? (connections.queueUrl.startsWith('redis') ? connections.queueUrl : undefined),
        house: houseSenders({ ...settings, smsSender }, secrets, (fault) => faults.add(fault)),
        senderSecret: (name) => openSecrets(settings.secretsDir).optionalText(secretFileOf(name)),
        rings: {
          seal: secrets.ring('seal', 'symmetric'),
          receipt: secrets.ring('receipt', 'symmetric'),
        },
      },
    }
  })
}

/** What real messages need: a mail address of the operator's, and vendors that nobody listens to on the way. */
function needForReal(settings: Read, faults: Faults): void {
  if (settings.emailFrom === undefined)
    faults.add('POSTERN_EMAIL_FROM: is not set, and is needed in production')
  for (const name of ['sendgridUrl', 'twilioUrl', 'sesUrl', 'messageGatewayUrl'] as const)
    if (settings[name]?.startsWith('http:')) faults.add(`${SETTINGS[name].env}: must be https in production`)
  if (settings.smtpTls === 'none') faults.add('POSTERN_SMTP_TLS: must not be none in production')
}

/** An account and whom its messages come from go together; of the two ways to say that, one is said. */
function smsSenderOf(
  { twilioAccountSid, twilioMessagingServiceSid, smsFrom }: Read,
  faults: Faults,
): SmsSender | undefined {
  const said = [twilioMessagingServiceSid, smsFrom].filter((each) => each !== undefined).length
  if (twilioAccountSid === undefined) {
    if (said > 0) faults.add('POSTERN_TWILIO_ACCOUNT_SID: is not set, and is needed by whom SMS come from')
    return undefined
  }
  if (said !== 1)
    faults.add('POSTERN_TWILIO_MESSAGING_SERVICE_SID, POSTERN_SMS_FROM: one of them is needed, and not both')
  if (twilioMessagingServiceSid !== undefined) return { messagingServiceSid: twilioMessagingServiceSid }
  return { from: smsFrom ?? '' }
}
