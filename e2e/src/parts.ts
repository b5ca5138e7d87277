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
import { Client } from './postern.client.ts'
import { type SingleInput, type SingleProcess, startSingle } from './single-process.ts'

export interface Parts {
  readonly dataDir: string
  readonly dev: DevFile
  readonly client: Client
  /** The superuser's pool; it mends itself when Postgres is back. */
  readonly admin: pg.Pool
  readonly postgres: OwnPostgres
  /** Starts services where dev.json says they are. They may not be ready yet. */
  start(...names: ServiceName[]): Promise<void>
  /** Starts one more of its kind, on a port of its own. */
  startAnother(name: ServiceName, input?: SingleInput): Promise<SingleProcess>
  /** The one that was started last under its own address. */
  service(name: ServiceName): SingleProcess
}

interface OwnPostgres {
  /** SIGKILL to it and its children. */
  kill(): Promise<void>
  /** Starts it again on the same data and port. */
  start(): Promise<void>
}

/** @param redisUrl the queue's Redis; on Postgres unless told */
export async function takeApart(t: TestScope, redisUrl?: string): Promise<Parts> {
  const folder = temporaryFolder(t)
  const { url, postgres } = await ownPostgres(t)
  const databaseUrlFile = join(folder, 'database-url-admin')
  writeFileSync(databaseUrlFile, url, { mode: 0o600 })
  const dataDir = join(folder, 'data')
  const house = await startHouse(t, { dataDir, databaseUrlFile, ...(redisUrl !== undefined && { redisUrl }) })
  await house.interrupt()
  const { dev } = house
  const admin = new URL(url)
  admin.pathname = new URL(dev.database_url).pathname
  const running = new Map<ServiceName, SingleProcess>()
  const start = async (name: ServiceName) => {
    const port = Number(new URL(dev[name]).port)
    running.set(name, await startSingle(t, { dataDir, dev }, name, { port }))
  }
  return {
    dataDir,
    dev,
    client: new Client(dev),
    admin: adminDatabase(t, admin.href),
    postgres,
    start: async (...names) => void (await Promise.all(names.map(start))),
    startAnother: (name, input) => startSingle(t, { dataDir, dev }, name, input),
    service: (name) => {
      const process = running.get(name)
      if (process === undefined) throw new Error(`${name} was not started`)
      return process
    },
  }
}

async function ownPostgres(t: TestScope): Promise<{ url: string; postgres: OwnPostgres }> {
  const { url, port, dataDir, ...first } = await throwawayPostgres()
  let server: { stop(): Promise<void>; kill(): Promise<void> } = first
  t.teardown(() => server.stop())
  const kill = () => server.kill()
  const start = async () => {
    server = await startPostgres({ dataDir, port, durable: false })
  }
  return { url, postgres: { kill, start } }
}
