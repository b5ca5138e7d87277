// The cross-tenant function that removes what has ended. Definition: migrations/0014-retention.sql.

import { type Kysely, sql } from 'kysely'
import type { AuditDatabase } from './databases/audit.database.ts'

/**
 * Removes one batch of what ended `keepDays` ago, of every tenant.
 * @returns how many rows went; 0: nothing is left, a pass ended within the last day, or another process is at it
 */
export async function purgeEnded<DB>(db: Kysely<DB>, batch: number, keepDays: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT purge_ended(${batch}, ${keepDays}) AS n`.execute(db)
  return rows[0]?.n ?? 0
}

/** When the last whole pass ended, in seconds since 1970; NaN: never yet. */
export async function lastPurgeEnded(db: Kysely<AuditDatabase>): Promise<number> {
  const row = await db
    .selectFrom('housekeeping')
    .select('last_done')
    .where('task', '=', 'purge_ended')
    .executeTakeFirst()
  return row === undefined ? Number.NaN : row.last_done.getTime() / 1_000
}
