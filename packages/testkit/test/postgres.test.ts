import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import t from 'tap'
import { until } from '../src/poll.ts'
import { testDatabase } from '../src/postgres.ts'
import { isAlive } from '../src/process-tree.ts'

async function ask<R extends object>(connectionString: string, text: string): Promise<R[]> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    return (await client.query<R>(text)).rows
  } finally {
    await client.end()
  }
}

t.test('each test has a migrated database of its own', async (t) => {
  const [one, two] = await Promise.all([testDatabase(t), testDatabase(t)])
  t.not(one.name, two.name)
  await ask(one.ownerUrl, 'CREATE TABLE mine (n int)')
  const seen = await ask<{ mine: string | null; tenants: string | null }>(
    two.ownerUrl,
    `SELECT to_regclass('mine') AS mine, to_regclass('tenants') AS tenants`,
  )
  t.match(seen, [{ mine: null, tenants: 'tenants' }])
})

t.test('every role logs in, and none but the administrator is a superuser', async (t) => {
  const { adminUrl, ownerUrl, gatewayUrl, notifierUrl, auditUrl } = await testDatabase(t)
  const who = `SELECT current_user AS role, rolsuper AS super FROM pg_roles WHERE rolname = current_user`
  const seen = await Promise.all(
    [adminUrl, ownerUrl, gatewayUrl, notifierUrl, auditUrl].map((url) =>
      ask<{ role: string; super: boolean }>(url, who),
    ),
  )
  t.same(
    seen.flat().map((row) => `${row.role} ${row.super}`),
    [
      'postgres true',
      'postern_owner false',
      'postern_gateway false',
      'postern_notifier false',
      'postern_audit false',
    ],
  )
})

t.test('the database is dropped with the test, open connections or not', async (t) => {
  let name = ''
  let adminUrl = ''
  let left: pg.Client | undefined
  await t.test('a test that leaves a connection open', async (t) => {
    const database = await testDatabase(t)
    name = database.name
    left = new pg.Client({ connectionString: database.gatewayUrl })
    left.on('error', () => undefined)
    await left.connect()
  })
  const other = await testDatabase(t)
  adminUrl = other.adminUrl
  t.same(await ask(adminUrl, `SELECT datname FROM pg_database WHERE datname = '${name}'`), [])
  await left?.end().catch(() => undefined)
})

t.test('a step beyond our migrations runs once for all databases that ask for it', async (t) => {
  const ran: string[][] = []
  async function addTestSchema(ownerUrl: string, roles: string[]) {
    ran.push(roles)
    await ask(ownerUrl, 'CREATE SCHEMA extra')
  }
  const one = await testDatabase(t, { steps: [addTestSchema] })
  const two = await testDatabase(t, { steps: [addTestSchema] })
  const plain = await testDatabase(t)
  const look = `SELECT count(*)::int AS n FROM pg_namespace WHERE nspname = 'extra'`
  t.same(await ask(one.ownerUrl, look), [{ n: 1 }])
  t.same(await ask(two.ownerUrl, look), [{ n: 1 }])
  t.same(await ask(plain.ownerUrl, look), [{ n: 0 }])
  t.same(ran, [['postern_gateway', 'postern_notifier', 'postern_audit']])
})

t.test('a test process killed by SIGKILL leaves neither its Postgres nor its files', async (t) => {
  const owner = spawn(process.execPath, [
    fileURLToPath(new URL('./fixtures/owns-postgres.ts', import.meta.url)),
  ])
  const [line] = (await once(owner.stdout, 'data')) as [Buffer]
  const { pid, guard } = JSON.parse(line.toString()) as { pid: number; guard: number }
  t.ok(isAlive(pid), 'Postgres runs')
  owner.kill('SIGKILL')
  await until(() => !isAlive(pid) && !isAlive(guard), { deadlineMs: 30_000, what: 'the end of Postgres' })
})
