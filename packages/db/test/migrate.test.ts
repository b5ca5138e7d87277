// Migrations: from nothing to the newest form, once, whoever runs them and however often.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { testDatabase } from '@postern/testkit/postgres'
import t from 'tap'
import { migrate } from '../src/migrate.ts'
import { ensureDatabase } from '../src/roles.ts'
import { connect, type TestScope } from './fixtures/connect.ts'

const FOLDER = fileURLToPath(new URL('../src/migrations/', import.meta.url))
const MAIN = fileURLToPath(new URL('./fixtures/migrate.main.ts', import.meta.url))

/** A database of its own with nothing in it. */
async function emptyDatabase(t: TestScope) {
  const urls = await testDatabase(t)
  const admin = await connect(t, urls.adminUrl)
  const name = `test_empty_${randomBytes(8).toString('hex')}`
  await ensureDatabase(admin, name)
  t.teardown(() => admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
  const at = (url: string) => Object.assign(new URL(url), { pathname: `/${name}` }).href
  return { ownerUrl: at(urls.ownerUrl), adminUrl: at(urls.adminUrl), gatewayUrl: at(urls.gatewayUrl) }
}

async function fileNames(): Promise<string[]> {
  const files = await readdir(FOLDER)
  return files.map((file) => file.replace(/\.sql$/, '')).sort()
}

async function inAnotherProcess(url: string): Promise<string[]> {
  const child = spawn(process.execPath, [MAIN], { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.end(url)
  const [answer, complaint] = await Promise.all([text(child.stdout), text(child.stderr)])
  if (answer === '') throw new Error(complaint)
  return JSON.parse(answer) as string[]
}

t.test('every file in the folder runs, in order; a second run does nothing', async (t) => {
  const { ownerUrl, adminUrl } = await emptyDatabase(t)
  t.same(await migrate(ownerUrl), await fileNames())
  const admin = await connect(t, adminUrl)
  const shape = () =>
    admin.query(`SELECT c.relname, c.relkind, c.oid FROM pg_class c
      WHERE c.relnamespace = 'public'::regnamespace ORDER BY c.oid`)
  const before = (await shape()).rows
  t.same(await migrate(ownerUrl), [])
  t.same((await shape()).rows, before)
})

t.test('two processes that migrate at once are both content, and each file ran once', async (t) => {
  const { ownerUrl } = await emptyDatabase(t)
  const ran = await Promise.all([inAnotherProcess(ownerUrl), inAnotherProcess(ownerUrl)])
  t.same(ran.flat().sort(), await fileNames())
  t.same(await inAnotherProcess(ownerUrl), [])
})

t.test(
  'a migration that fails leaves nothing of the whole run, and the next run does all of it',
  async (t) => {
    const { ownerUrl, adminUrl } = await emptyDatabase(t)
    const admin = await connect(t, adminUrl)
    await admin.query('CREATE TABLE audit_events (in_the_way int)')
    await t.rejects(migrate(ownerUrl), { code: '42P07' })
    const left = await admin.query(`SELECT to_regclass('tenants') AS tenants, to_regclass('users') AS users`)
    t.same(left.rows, [{ tenants: null, users: null }])
    await admin.query('DROP TABLE audit_events')
    t.same(await migrate(ownerUrl), await fileNames())
  },
)

t.test('a service’s role cannot migrate', async (t) => {
  const { gatewayUrl } = await emptyDatabase(t)
  await t.rejects(migrate(gatewayUrl), { code: '42501' })
})
