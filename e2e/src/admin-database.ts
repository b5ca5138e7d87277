// The house's database as its superuser sees it: every row of every tenant.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import type { TestScope } from './checkout.ts'
import type { Place } from './single-process.ts'

/** A pool that lives as long as the test, and outlives the database's own end. */
export function adminDatabase(t: TestScope, url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 3, connectionTimeoutMillis: 5_000 })
  pool.on('error', () => undefined)
  t.teardown(() => pool.end())
  return pool
}

/** The superuser's URL of the Postgres that a house started itself. */
export function embeddedUrl({ dataDir, dev }: Place): string {
  const url = new URL(dev.database_url)
  url.username = 'postgres'
  url.password = readFileSync(join(dataDir, 'postgres/superuser-password'), 'utf8').trim()
  return url.href
}

/** One row's columns; undefined when there is none. */
export async function one<Row extends pg.QueryResultRow>(
  database: pg.Pool,
  text: string,
  values: unknown[] = [],
): Promise<Row | undefined> {
  return (await database.query<Row>(text, values)).rows[0]
}
