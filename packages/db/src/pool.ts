// A pool of connections to Postgres. Waits are bounded everywhere: a database that does not answer is a clean failure, not a hang.

import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'

export interface Database<DB> {
  readonly db: Kysely<DB>
  readonly pool: pg.Pool
  close(): Promise<void>
}

export interface DatabaseOptions {
  /** Connection string; it may hold a password and comes from a secret file. */
  url: string
  /** Connections at most. */
  max: number
  /** Shown in pg_stat_activity. */
  applicationName: string
  /** 5,000 unless told; 0: no bound (migrations). */
  statementTimeoutMs?: number
  /** How long a caller waits for a free or new connection; 1,000 unless told. */
  waitMs?: number
  /** Told of connections that break while idle; the pool replaces them by itself. */
  onIdleError?: (error: Error) => void
}

const KEPT = 2

/** Opens a pool (lazily: nothing connects yet). Its clients pipeline, so statements queued together take one round trip. */
export function openDatabase<DB>(options: DatabaseOptions): Database<DB> {
  const statementTimeout = options.statementTimeoutMs ?? 5_000
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.waitMs ?? 1_000,
    idleTimeoutMillis: 60_000,
    // A few stay: after a quiet hour the first sign-in does not wait for a handshake and for plans to be made.
    min: Math.min(KEPT, options.max),
    keepAlive: true,
    pipeline: true,
    ...(statementTimeout > 0 && {
      statement_timeout: statementTimeout,
      lock_timeout: 2_000,
      idle_in_transaction_session_timeout: 10_000,
      query_timeout: statementTimeout + 1_000,
    }),
  } as pg.PoolConfig)
  pool.on('error', (error) => options.onIdleError?.(error))
  // A connection that breaks while it is lent out fails its statements; it also emits this, and an event that nobody
  // listens to would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const db = new Kysely<DB>({ dialect: new PostgresDialect({ pool }) })
  const close = async () => {
    await db.destroy()
    // Kysely ends only a pool that it has used itself.
    if (!pool.ending) await pool.end()
  }
  return { db, pool, close }
}
