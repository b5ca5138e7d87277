// Brings the queue's own schema to the form that this BullMQ needs, as the owner, and lets the service roles use it:
// they read and write rows and call functions, but create nothing in it.

import { QUEUES } from '@postern/contracts/queues'
import { runMigrations } from 'bullmq'
import pg from 'pg'
import { QUEUE_SCHEMA } from './backend/postgres.ts'

/**
 * Safe to repeat, and at the same time from several places: one waits for the other.
 * @param ownerUrl connection string of the database's owner
 * @param roles database roles of the services, such as `postern_gateway`
 */
export async function migrateQueueSchema(ownerUrl: string, roles: readonly string[]): Promise<void> {
  const owner = new pg.Client({
    connectionString: ownerUrl,
    application_name: 'postern-migrate-queue',
    connectionTimeoutMillis: 5_000,
  })
  await owner.connect()
  try {
    await runMigrations(owner, QUEUE_SCHEMA)
    await owner.query('BEGIN')
    await owner.query(`SELECT pg_advisory_xact_lock(hashtext('postern queue schema'))`)
    await makeSequences(owner)
    await grant(owner, roles)
    await owner.query('COMMIT')
  } finally {
    await owner.end()
  }
}

/** BullMQ makes a sequence a queue when it is first used, which the service roles may not do. */
async function makeSequences(owner: pg.Client): Promise<void> {
  for (const { name } of Object.values(QUEUES)) {
    const { rows } = await owner.query<{ name: string }>(
      `SELECT ${QUEUE_SCHEMA}.job_id_seq_name($1) AS name`,
      [name],
    )
    const sequence = owner.escapeIdentifier(rows[0]?.name ?? '')
    await owner.query(`CREATE SEQUENCE IF NOT EXISTS ${QUEUE_SCHEMA}.${sequence}`)
  }
}

async function grant(owner: pg.Client, roles: readonly string[]): Promise<void> {
  const to = roles.map((role) => owner.escapeIdentifier(role)).join(', ')
  const { rows } = await owner.query<{ name: string }>('SELECT current_database() AS name')
  const database = owner.escapeIdentifier(rows[0]?.name ?? '')
  for (const statement of [
    `REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ${QUEUE_SCHEMA} FROM PUBLIC`,
    `GRANT USAGE ON SCHEMA ${QUEUE_SCHEMA} TO ${to}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${QUEUE_SCHEMA} TO ${to}`,
    `REVOKE INSERT, UPDATE, DELETE ON ${QUEUE_SCHEMA}.migration FROM ${to}`,
    `GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ${QUEUE_SCHEMA} TO ${to}`,
    `GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${QUEUE_SCHEMA} TO ${to}`,
    // BullMQ collects a batch of jobs in a temporary table.
    `GRANT TEMPORARY ON DATABASE ${database} TO ${to}`,
  ]) {
    await owner.query(statement)
  }
}
