// Brings a Postgres of your own to what the services need: roles, database, our migrations, the queue's schema.
// Safe to repeat and to run from several machines at once.

import { migrate } from '@postern/db/migrate'
import { ensureDatabase, ensureRoles, LOGIN_ROLES, type LoginRole, SERVICE_ROLES } from '@postern/db/roles'
import { migrateQueueSchema } from '@postern/queue/migrate-bullmq'
import pg from 'pg'

export interface DatabaseUrls {
  /** of a role that may create roles and databases; used here only */
  admin: string
  /** of each role that logs in; their passwords become the roles' passwords */
  roles: Record<LoginRole, string>
}

/** @returns the names of the migrations that ran now */
export async function prepareDatabase(urls: DatabaseUrls): Promise<string[]> {
  const admin = new pg.Client({ connectionString: urls.admin, connectionTimeoutMillis: 10_000 })
  await admin.connect()
  try {
    const passwords = LOGIN_ROLES.map((role) => [
      role,
      decodeURIComponent(new URL(urls.roles[role]).password),
    ])
    await ensureRoles(admin, Object.fromEntries(passwords) as Record<LoginRole, string>)
    await ensureDatabase(admin, new URL(urls.roles.owner).pathname.slice(1))
  } finally {
    await admin.end()
  }
  const ran = await migrate(urls.roles.owner)
  await migrateQueueSchema(urls.roles.owner, SERVICE_ROLES)
  return ran
}
