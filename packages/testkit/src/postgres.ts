// A migrated database of its own for each test, on a real Postgres: the one that `npm test` started
// (POSTERN_TEST_POSTGRES_URL), or, when a file runs alone, one that lives as long as this process.
import { randomBytes } from 'node:crypto'
import { ensureDatabase } from '@postern/db/roles'
import { type EmbeddedPostgres, startPostgres } from './embedded-postgres.ts'
import { freePort } from './free-port.ts'
import { until } from './poll.ts'
import { asAdmin, ensureTemplate, type TemplateStep, urlFor } from './postgres-template.ts'
import { scratchFolder } from './scratch.ts'

/** The part of a tap test that fixtures need. */
export interface TestScope {
  teardown(undo: () => unknown): unknown
}

export interface TestDatabase {
  readonly name: string
  /** Superuser, connected to this database. */
  readonly adminUrl: string
  readonly ownerUrl: string
  readonly gatewayUrl: string
  readonly notifierUrl: string
  readonly auditUrl: string
}

export interface TestDatabaseOptions {
  /** What the template needs beyond our migrations, e.g. `[migrateQueueSchema]`. */
  readonly steps?: readonly TemplateStep[]
}

/** A fresh database with roles and migrations; dropped, connections and all, when the test ends. */
export async function testDatabase(t: TestScope, options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const cluster = await testCluster()
  const template = await ensureTemplate(cluster, options.steps ?? [])
  const name = `test_${randomBytes(8).toString('hex')}`
  await asAdmin(cluster, async (admin) => {
    // Copied as files: nothing of it has to pass through the log first.
    await admin.query(
      `CREATE DATABASE ${name} TEMPLATE ${template.name} OWNER postern_owner STRATEGY FILE_COPY`,
    )
    // Grants on a database are not copied from its template.
    await ensureDatabase(admin, name)
  })
  // Postgres gives those whom it throws out five seconds: on a busy machine not all of them are gone by then.
  const drop = () => asAdmin(cluster, (admin) => admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
  t.teardown(() => until(drop, { deadlineMs: 60_000, what: `the end of ${name}` }))
  const as = (role: keyof typeof template.passwords) =>
    urlFor(cluster, { database: name, role, password: template.passwords[role] })
  return {
    name,
    adminUrl: urlFor(cluster, { database: name }),
    ownerUrl: as('owner'),
    gatewayUrl: as('gateway'),
    notifierUrl: as('notifier'),
    auditUrl: as('audit'),
  }
}

let own: Promise<string> | undefined

/** Superuser URL of the cluster that this process's tests share. */
export function testCluster(): Promise<string> {
  const given = process.env.POSTERN_TEST_POSTGRES_URL
  if (given) return Promise.resolve(given)
  own ??= throwawayPostgres().then(({ url }) => url)
  return own
}

/** A cluster of one's own, for tests that kill it. Ends, and its files go, with this process at the latest. */
export async function throwawayPostgres(): Promise<EmbeddedPostgres & { dataDir: string }> {
  const dataDir = scratchFolder('postern-test-postgres-')
  const server = await startPostgres({ dataDir, port: await freePort(), durable: false })
  return { ...server, dataDir }
}
