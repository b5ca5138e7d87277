// The settings and connections that every service has, so that one name means one thing in all of them.

import type { Faults } from '@postern/config/faults'
import type { Secrets } from '@postern/config/secrets'
import { cidrs, type Environment, oneOf, optional, text, url } from '@postern/config/setting'
import { LOG_LEVELS } from '@postern/telemetry/logger'

export const COMMON_SETTINGS = {
  environment: oneOf('POSTERN_ENV', 'production', ['development', 'production'], {
    describe: 'In production links must be https and failpoints are refused.',
  }),
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

/** For the services that look at their clients' addresses. */
export const trustedProxies = cidrs('POSTERN_TRUSTED_PROXIES', '', {
  describe: 'Networks whose X-Forwarded-For is believed; no others are.',
})

/** For those who ask vendors to call back, and for the one that is called. */
export const webhookUrl = optional(
  url('POSTERN_WEBHOOK_URL', undefined, {
    describe: 'Where vendors reach the gateway with receipts, if not at its public URL.',
  }),
)

/** What vendors sign is this URL as text, and what they tell must not be read on its way. */
export function refuseWebhookUrl(
  { webhookUrl, environment }: { webhookUrl: string | undefined; environment: string },
  faults: Faults,
): void {
  if (webhookUrl === undefined) return
  const { protocol, search } = new URL(webhookUrl)
  if (search !== '' || webhookUrl.endsWith('/')) {
    faults.add('POSTERN_WEBHOOK_URL: must have no query and no slash at its end')
  }
  if (environment === 'production' && protocol !== 'https:') {
    faults.add('POSTERN_WEBHOOK_URL: must be https in production')
  }
}

/** For the services that have kill points. */
export const failpoint = optional(
  text('POSTERN_FAILPOINT', undefined, {
    pattern: /^K([1-9]|1[01]):kill$/,
    form: 'must be K1:kill to K11:kill',
    describe: 'Kills the process where a test wants it; refused in production.',
  }),
)

/** What no production process starts with, whatever its service. */
export function refuseInProduction(
  environment: 'development' | 'production',
  env: Environment,
  faults: Faults,
): void {
  if (environment === 'production' && env.POSTERN_FAILPOINT) {
    faults.add('POSTERN_FAILPOINT: is refused in production')
  }
}

const POSTGRES = ['postgres', 'postgresql']

export interface Connections {
  databaseUrl: string
  /** redis:// or postgres://; the database itself when no queue-url is given */
  queueUrl: string
}

/** The URLs that a service connects to, from its secret files. */
export function readConnections(secrets: Secrets, service: 'gateway' | 'notifier' | 'audit'): Connections {
  const databaseUrl = secrets.url(`database-url-${service}`, { schemes: POSTGRES })
  const queueUrl = secrets.optionalUrl('queue-url', { schemes: ['redis', 'rediss', ...POSTGRES] })
  return { databaseUrl, queueUrl: queueUrl ?? databaseUrl }
}
