// The only reader of the audit service's settings and secrets. Both are typed values, kept apart; a fault stops the start.

import { refuseSecretsInEnvironment } from '@postern/config/environment'
import { load } from '@postern/config/faults'
import { openSecrets } from '@postern/config/secrets'
import { type Environment, integer, port, readSettings, type Settings, text } from '@postern/config/setting'
import {
  COMMON_SETTINGS,
  type Connections,
  readConnections,
  refuseInProduction,
  trustedProxies,
} from '@postern/service-kit/common-settings'

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
  retentionDays: integer('POSTERN_RETENTION_DAYS', 30, {
    min: 1,
    max: 3_650,
    describe: 'Days that ended challenges, deliveries and sessions are kept.',
  }),
  trustedProxies,
  ...COMMON_SETTINGS,
}

export type AuditSettings = Settings<typeof SETTINGS>

export interface AuditConfig {
  readonly settings: AuditSettings
  readonly secrets: Connections
}

/** @throws ConfigError with every fault at once */
export function readConfig(env: Environment): AuditConfig {
  return load((faults) => {
    refuseSecretsInEnvironment(env, faults)
    const settings = readSettings(SETTINGS, env, faults)
    refuseInProduction(settings.environment, env, faults)
    return { settings, secrets: readConnections(openSecrets(settings.secretsDir, faults), 'audit') }
  })
}
