// A house taken apart: set up by a real start, stopped, and then raised again process by process, on a Postgres of the
// test's own. Whatever is killed here takes nothing else with it.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startPostgres } from '@postern/testkit/embedded-postgres'
import { throwawayPostgres } from '@postern/testkit/postgres'
import type pg from 'pg'
import { adminDatabase } from './admin-database.ts'
import { type TestScope, temporaryFolder } from './checkout.ts'
import type { DevFile, ServiceName } from './dev-file.ts'
import { startHouse } from './house.ts'
import { type SingleInput, type SingleProcess, startSingle } from './single-process.ts'

export interface Parts {
  readonly dataDir: string
  readonly dev: DevFile
  /** The superuser's pool; it mends itself when Postgres is back. */
  readonly admin: pg.Pool
  /** SIGKILL to Postgres and its children. */
  killPostgres(): Promise<void>
  /** Starts it again on the same data and port. */
  startPostgres(): Promise<void>
  /** Starts a service where dev.json says it is. */
  start(t: TestScope, name: ServiceName, input?: SingleInput): Promise<SingleProcess>
  /** Starts one beside it, on a port of its own. */
  startAnother(t: TestScope, name: ServiceName, input?: SingleInput): Promise<SingleProcess>
}

/** @param redisUrl the queue's Redis; on Postgres unless told */
export async function takeApart(t: TestScope, redisUrl?: string): Promise<Parts> {
  const folder = temporaryFolder(t)
  const first = await throwawayPostgres()
  let server: { stop(): Promise<void>; kill(): Promise<void> } = first
  t.teardown(() => server.stop())
  const databaseUrlFile = join(folder, 'database-url-admin')
  writeFileSync(databaseUrlFile, first.url, { mode: 0o600 })
  const dataDir = join(folder, 'data')
  const house = await startHouse(t, { dataDir, databaseUrlFile, ...(redisUrl !== undefined && { redisUrl }) })
  await house.interrupt()
  const place = { dataDir, dev: house.dev }
  const admin = new URL(first.url)
  admin.pathname = new URL(house.dev.database_url).pathname
  return {
    ...place,
    admin: adminDatabase(t, admin.href),
    killPostgres: () => server.kill(),
    startPostgres: async () => {
      server = await startPostgres({ dataDir: first.dataDir, port: first.port, durable: false })
    },
    start: (t, name, input) =>
      startSingle(t, place, name, { port: Number(new URL(place.dev[name]).port), ...input }),
    startAnother: (t, name, input) => startSingle(t, place, name, input),
  }
}
