// The only reader of the audit service's settings and secrets. Both are typed values, kept apart; a fault stops the start.

import { refuseSecretsInEnvironment } from '@postern/config/environment'
import { load } from '@postern/config/faults'
import { openSecrets } from '@postern/config/secrets'
import {
  cidrs,
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

export const SETTINGS = {
  host: text('POSTERN_AUDIT_HOST', '127.0.0.1', { describe: 'Address the audit service listens on.' }),
  port: port('POSTERN_AUDIT_PORT', 4002, { describe: 'Port the audit service listens on.' }),
  poolSize: integer('POSTERN_AUDIT_POOL', 10, {
    min: 2,
    max: 500,
    describe: 'Database connections of the audit service at most.',
  }),
  concurrency: integer('POSTERN_AUDIT_CONCURRENCY', 4, {
    min: 1,
    max: 64,
    describe: 'Batches of events that one audit process records at a time.',
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
  trustedProxies: cidrs('POSTERN_TRUSTED_PROXIES', '', {
    describe: 'Networks whose X-Forwarded-For is believed; no others are.',
  }),
  queuePrefix: text('POSTERN_QUEUE_PREFIX', '{postern}', {
    describe: 'Prefix of the queue’s keys in Redis, with a hash tag.',
  }),
}

export type AuditSettings = Settings<typeof SETTINGS>

export interface AuditSecrets {
  databaseUrl: string
  /** redis:// or postgres://; the database itself when no queue-url is given */
  queueUrl: string
}

export interface AuditConfig {
  settings: AuditSettings
  secrets: AuditSecrets
}

/** @throws ConfigError with every fault at once */
export function readConfig(env: Environment): AuditConfig {
  return load((faults) => {
    refuseSecretsInEnvironment(env, faults)
    const settings = readSettings(SETTINGS, env, faults)
    const secrets = openSecrets(settings.secretsDir, faults)
    const databaseUrl = secrets.url('database-url-audit', { schemes: ['postgres', 'postgresql'] })
    const queueUrl = secrets.optionalUrl('queue-url', {
      schemes: ['redis', 'rediss', 'postgres', 'postgresql'],
    })
    return { settings, secrets: { databaseUrl, queueUrl: queueUrl ?? databaseUrl } }
  })
}
