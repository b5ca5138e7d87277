// An installation to measure: its database, its roles, and a folder of secrets for all its services.

import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { migrate } from '@postern/db/migrate'
import { ensureDatabase, ensureRoles, SERVICE_ROLES } from '@postern/db/roles'
import { migrateQueueSchema } from '@postern/queue/migrate-bullmq'
import { generateKey } from '@postern/token/generate-key'
import pg from 'pg'

export interface InstallationOptions {
  /** holds the secrets afterwards */
  folder: string
  postgresUrl: string
  redisUrl: string
}

export interface Installation {
  secretsDir: string
  /** its database, as the superuser */
  adminUrl: string
  adminKey: string
  sealKey: KeyObject
}

const DATABASE = 'bench_postern'

export async function install(options: InstallationOptions): Promise<Installation> {
  const secret = () => randomBytes(32).toString('base64url')
  const passwords = { owner: secret(), gateway: secret(), notifier: secret(), audit: secret() }
  const databaseUrl = (role: keyof typeof passwords) =>
    urlFor(options.postgresUrl, { username: `postern_${role}`, password: passwords[role] })
  const admin = new pg.Client({ connectionString: options.postgresUrl })
  await admin.connect()
  await ensureRoles(admin, passwords)
  await ensureDatabase(admin, DATABASE)
  await admin.end()
  await migrate(databaseUrl('owner'))
  await migrateQueueSchema(databaseUrl('owner'), SERVICE_ROLES)

  const [adminKey, sealKey] = [secret(), randomBytes(32)]
  const secretsDir = join(options.folder, 'secrets')
  await writeSecrets(secretsDir, {
    'database-url-gateway': databaseUrl('gateway'),
    'database-url-notifier': databaseUrl('notifier'),
    'database-url-audit': databaseUrl('audit'),
    'queue-url': options.redisUrl,
    'redis-url': options.redisUrl,
    'admin-key': adminKey,
    'sendgrid-api-key': `SG.${secret()}`,
    'pepper/v1': generateKey('symmetric', randomBytes),
    'csrf/v1': generateKey('symmetric', randomBytes),
    'receipt/v1': generateKey('symmetric', randomBytes),
    'seal/v1': sealKey.toString('base64'),
    'refresh/v1': generateKey('symmetric', randomBytes),
    'jwt/v1': generateKey('ec', randomBytes),
  })
  return {
    secretsDir,
    adminUrl: urlFor(options.postgresUrl, {}),
    adminKey,
    sealKey: createSecretKey(sealKey),
  }
}

function urlFor(postgresUrl: string, as: { username?: string; password?: string }): string {
  return Object.assign(new URL(postgresUrl), { ...as, pathname: `/${DATABASE}` }).href
}

async function writeSecrets(folder: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true, mode: 0o700 })
    await writeFile(join(folder, name), text, { mode: 0o600 })
  }
}
