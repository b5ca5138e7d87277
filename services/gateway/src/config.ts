// The only reader of the gateway's settings and secrets. Both are typed values, kept apart; a fault stops the start.

import { refuseSecretsInEnvironment } from '@postern/config/environment'
import { type Faults, load } from '@postern/config/faults'
import type { RingContents } from '@postern/config/ring-contents'
import { openSecrets, type Secrets } from '@postern/config/secrets'
import {
  duration,
  type Environment,
  flag,
  integer,
  optional,
  port,
  readSettings,
  type Settings,
  text,
  url,
} from '@postern/config/setting'
import { TOPIC_ARN } from '@postern/contracts/sender'
import {
  COMMON_SETTINGS,
  type Connections,
  failpoint,
  readConnections,
  refuseInProduction,
  refuseWebhookUrl,
  trustedProxies,
  webhookUrl,
} from '@postern/service-kit/common-settings'
import { readSendgridKey } from './receipt/check-signature.ts'

export const SETTINGS = {
  host: text('POSTERN_GATEWAY_HOST', '127.0.0.1', { describe: 'Address the gateway listens on.' }),
  port: port('POSTERN_GATEWAY_PORT', 4000, { describe: 'Port the gateway listens on.' }),
  publicUrl: url('POSTERN_PUBLIC_URL', undefined, {
    describe: 'Origin that mailed links begin with; also the issuer of access tokens.',
  }),
  webhookUrl,
  sesTopics: text('POSTERN_SES_TOPICS', '', {
    describe: 'Amazon SNS topics (ARNs) that bring what SES publishes, separated by commas.',
  }),
  snsOrigin: optional(
    url('POSTERN_SNS_ORIGIN', undefined, {
      describe: 'One more origin whose certificate SNS messages may be signed with; refused in production.',
    }),
  ),
  trustedProxies,
  failpoint,
  ...COMMON_SETTINGS,
  addressLimit: integer('POSTERN_ADDRESS_LIMIT', 3_000, {
    min: 1,
    describe: 'Requests per client address and minute (IPv6: per /64).',
  }),
  poolSize: integer('POSTERN_GATEWAY_POOL', 16, {
    min: 1,
    max: 500,
    describe: 'Database connections at most.',
  }),
  databaseWait: duration('POSTERN_GATEWAY_DATABASE_WAIT', '1s', {
    min: 100,
    max: 30_000,
    describe: 'How long a request waits for a database connection before it is answered 503.',
  }),
  allowTestDestinations: flag('POSTERN_ALLOW_TEST_DESTINATIONS', false, {
    describe: 'Tenants may have test destinations in production; in development they always may.',
  }),
  csrfEnabled: flag('POSTERN_CSRF_ENABLED', true, {
    describe: 'Emergency switch: false lets pages change things without a CSRF token.',
  }),
  ringOverlap: duration('POSTERN_RING_OVERLAP', '10m', {
    describe: 'How long a new signing key is published before it signs.',
  }),
}

export type GatewaySettings = Omit<Settings<typeof SETTINGS>, 'sesTopics'> & {
  readonly sesTopics: readonly string[]
}

/** A new pepper, seal or refresh key is read everywhere before one process writes with it. */
export const WRITE_OVERLAP_MS = 15_000

export interface GatewaySecrets extends Connections {
  /** Redis of the front limiter; undefined: each process counts alone */
  readonly redisUrl: string | undefined
  readonly adminKey: string
  /** The text of a file that receipts are checked by; undefined: there is none. May throw. */
  readonly receiptKey: (file: string) => string | undefined
  readonly rings: Readonly<Record<'pepper' | 'seal' | 'refresh' | 'jwt' | 'csrf' | 'receipt', RingContents>>
}

export interface GatewayConfig {
  readonly settings: GatewaySettings
  readonly secrets: GatewaySecrets
}

/** @throws ConfigError with every fault at once */
export function readConfig(env: Environment, now: Date): GatewayConfig {
  return load((faults) => {
    refuseSecretsInEnvironment(env, faults)
    const settings = readSettings(SETTINGS, env, faults)
    refuseInProduction(settings.environment, env, faults)
    if (settings.publicUrl) refusePublicUrl(settings.publicUrl, settings.environment, faults)
    refuseWebhookUrl(settings, faults)
    const sesTopics = topicsOf(settings, faults)
    const secrets = openSecrets(settings.secretsDir, faults)
    return {
      settings: { ...settings, sesTopics },
      secrets: {
        ...readConnections(secrets, 'gateway'),
        redisUrl: secrets.optionalUrl('redis-url', { schemes: ['redis', 'rediss'] }),
        receiptKey: receiptKeys(secrets, settings.secretsDir, faults),
        adminKey: secrets.text('admin-key', { minLength: 32 }),
        rings: {
          pepper: secrets.ring('pepper', 'symmetric', { overlapMs: WRITE_OVERLAP_MS, now }),
          seal: secrets.ring('seal', 'symmetric', { overlapMs: WRITE_OVERLAP_MS, now }),
          csrf: secrets.ring('csrf', 'symmetric', { overlapMs: WRITE_OVERLAP_MS, now }),
          refresh: secrets.ring('refresh', 'symmetric', { overlapMs: WRITE_OVERLAP_MS, now }),
          receipt: secrets.ring('receipt', 'symmetric'),
          jwt: secrets.ring('jwt', 'ec', { overlapMs: settings.ringOverlap, now }),
        },
      },
    }
  })
}

/** The link page asks its own origin, and a mailed link must not be readable on its way. */
function refusePublicUrl(publicUrl: string, environment: string, faults: Faults): void {
  const { origin, protocol } = new URL(publicUrl)
  if (origin !== publicUrl) faults.add('POSTERN_PUBLIC_URL: must be an origin, without a path')
  if (environment === 'production' && protocol !== 'https:') {
    faults.add('POSTERN_PUBLIC_URL: must be https in production')
  }
}

function topicsOf(
  { sesTopics, snsOrigin, environment }: Settings<typeof SETTINGS>,
  faults: Faults,
): readonly string[] {
  if (environment === 'production' && snsOrigin !== undefined)
    faults.add('POSTERN_SNS_ORIGIN: is refused in production')
  const topics = (sesTopics ?? '').split(',').flatMap((text) => text.trim() || [])
  if (!topics.every((topic) => TOPIC_ARN.test(topic)))
    faults.add('POSTERN_SES_TOPICS: must be ARNs of Amazon SNS topics, separated by commas')
  return topics
}

/** Reads the installation's own once, so that an unusable one stops the start; after that each is read when needed. */
function receiptKeys(
  secrets: Secrets,
  secretsDir: string,
  faults: Faults,
): (file: string) => string | undefined {
  const sendgrid = secrets.optionalLines('sendgrid-receipt-key')
  for (const name of ['twilio-receipt-token', 'gateway-receipt-key']) secrets.optionalLines(name)
  try {
    if (sendgrid !== undefined && sendgrid !== '') readSendgridKey(sendgrid)
  } catch {
    faults.add('sendgrid-receipt-key: must be the public key that SendGrid shows, in base64 or PEM')
  }
  return (file) => openSecrets(secretsDir).optionalLines(file)
}
