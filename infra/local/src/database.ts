// The database behind a start: the embedded Postgres, or one of the person's own; with roles, our migrations
// and the queue's schema, and a URL file for each role.
import { join } from 'node:path'
import { migrate } from '@postern/db/migrate'
import {
  ensureDatabase,
  ensureRoles,
  LOGIN_ROLES,
  type LoginRole,
  roleName,
  SERVICE_ROLES,
} from '@postern/db/roles'
import { migrateQueueSchema } from '@postern/queue/migrate-bullmq'
import { startPostgres } from '@postern/testkit/embedded-postgres'
import pg from 'pg'
import type { DataDir } from './data-dir.ts'
import { keepSecret, randomSecret, readSecret, writeSecret } from './secret-files.ts'
import { SetupError } from './setup-error.ts'
import type { Supervisor } from './supervisor.ts'

const databaseName = 'postern'

export interface PreparedDatabase {
  /** Names of the migrations that ran now. */
  readonly migrated: string[]
  readonly ownerUrl: string
  readonly embedded: boolean
}

/** Where an administrator's URL is kept when the Postgres is not the embedded one. */
export function adminUrlFile(dataDir: DataDir): string {
  return join(dataDir.secrets, 'database-url-admin')
}

/** Starts Postgres when none is configured, and brings it to the newest form. */
export async function prepareDatabase(
  dataDir: DataDir,
  port: number,
  supervisor: Supervisor,
): Promise<PreparedDatabase> {
  const configured = readSecret(adminUrlFile(dataDir))
  const adminUrl = configured ?? (await startEmbedded(dataDir, port, supervisor))
  const passwords = rolePasswords(dataDir)
  await asAdmin(adminUrl, async (admin) => {
    await ensureRoles(admin, passwords)
    await ensureDatabase(admin, databaseName)
  })
  const urls = writeUrls(dataDir, adminUrl, passwords)
  const migrated = await migrate(urls.owner)
  await migrateQueueSchema(urls.owner, SERVICE_ROLES)
  return { migrated, ownerUrl: urls.owner, embedded: configured === null }
}

async function startEmbedded(dataDir: DataDir, port: number, supervisor: Supervisor): Promise<string> {
  const server = await startPostgres({
    dataDir: dataDir.postgres,
    port,
    logFile: join(dataDir.logs, 'postgres.log'),
    guard: supervisor.guard,
  })
  const ended = server.exited.then(() => `postgres ended. Its log is ${join(dataDir.logs, 'postgres.log')}.`)
  await supervisor.add({ name: 'postgres', ended, stop: server.stop })
  return server.url
}

function rolePasswords(dataDir: DataDir): Record<LoginRole, string> {
  const pairs = LOGIN_ROLES.map((role) => {
    const file = join(dataDir.secrets, 'role-passwords', role)
    return [role, keepSecret(file, randomSecret)]
  })
  return Object.fromEntries(pairs) as Record<LoginRole, string>
}

/** The ports may have changed since the last start, so the URL files are written each time. */
function writeUrls(
  dataDir: DataDir,
  adminUrl: string,
  passwords: Record<LoginRole, string>,
): Record<LoginRole, string> {
  const pairs = LOGIN_ROLES.map((role) => {
    const url = new URL(adminUrl)
    url.pathname = `/${databaseName}`
    url.username = roleName(role)
    url.password = passwords[role]
    writeSecret(join(dataDir.secrets, `database-url-${role}`), url.href)
    return [role, url.href]
  })
  return Object.fromEntries(pairs) as Record<LoginRole, string>
}

async function asAdmin(adminUrl: string, work: (admin: pg.Client) => Promise<void>): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 10_000 })
  admin.on('error', () => undefined)
  try {
    await admin.connect()
  } catch (error) {
    const host = new URL(adminUrl).host
    throw new SetupError(`The database at ${host} cannot be used: ${(error as Error).message}.`, {
      cause: error,
    })
  }
  try {
    await work(admin)
  } finally {
    await admin.end()
  }
}
