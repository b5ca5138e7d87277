// Brings a database to the newest form. Forward only: each file runs once, in order, as the owner.

import { readFile } from 'node:fs/promises'
import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { openDatabase } from './pool.ts'

const FILES = [
  '0001-tenants',
  '0002-users',
  '0003-challenges',
  '0004-events',
  '0005-relay',
  '0006-relay-grants',
  '0007-stale-snapshot',
  '0008-outbox-columns',
  '0009-sign-in',
  '0010-senders',
  '0011-receipts',
  '0012-templates',
  '0013-deliveries',
  '0014-retention',
  '0015-held-payloads',
  '0016-unreported-attempts',
] as const

async function migration(name: string): Promise<Migration> {
  const text = await readFile(new URL(`./migrations/${name}.sql`, import.meta.url), 'utf8')
  return {
    async up(db: Kysely<unknown>) {
      await sql.raw(text).execute(db)
    },
  }
}

/**
 * Runs the migrations that have not run yet. All of one call commit together or not at all.
 * @param ownerUrl connection string of postern_owner
 * @returns the names of those that ran
 */
export async function migrate(ownerUrl: string): Promise<string[]> {
  const database = openDatabase<unknown>({
    url: ownerUrl,
    max: 2,
    applicationName: 'postern-migrate',
    statementTimeoutMs: 0,
  })
  try {
    const migrations = Object.fromEntries(
      await Promise.all(FILES.map(async (name) => [name, await migration(name)] as const)),
    )
    const migrator = new Migrator({ db: database.db, provider: { getMigrations: async () => migrations } })
    const { error, results } = await migrator.migrateToLatest()
    if (error) throw error
    return (results ?? []).map((result) => result.migrationName)
  } finally {
    await database.close()
  }
}
