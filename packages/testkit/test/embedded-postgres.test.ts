import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import t, { type Test } from 'tap'
import { type EmbeddedPostgres, type PostgresOptions, startPostgres } from '../src/embedded-postgres.ts'
import { freePort } from '../src/free-port.ts'
import { until } from '../src/poll.ts'
import { choosePostgresAccount } from '../src/postgres-account.ts'
import { postgresHome } from '../src/postgres-binaries.ts'
import { childrenOf, isAlive } from '../src/process-tree.ts'
import { scratchFolder } from '../src/scratch.ts'

const isRoot = process.getuid?.() === 0

/** A data-dir inside a private folder, as in a clone under root's home. */
function privateFolder(t: Test): string {
  const folder = scratchFolder('postern-embedded-')
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A folder that any account may walk into. */
function reachableFolder(t: Test): string {
  const folder = mkdtempSync(join('/var/tmp', 'postern-reachable-'))
  chmodSync(folder, 0o755)
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function started(
  t: Test,
  options: Partial<PostgresOptions> & { dataDir: string },
): Promise<EmbeddedPostgres> {
  const server = await startPostgres({ port: await freePort(), durable: false, ...options })
  t.teardown(() => server.stop())
  return server
}

async function ask(connectionString: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

t.test('committed rows survive SIGKILL and a restart on the same data-dir', async (t) => {
  const dataDir = join(privateFolder(t), 'data')
  const first = await started(t, { dataDir })
  await ask(first.url, 'CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n')
  const family = [first.pid, ...childrenOf(first.pid)]
  t.ok(family.length > 1, 'the server has children')
  await first.kill()
  t.notOk(family.some(isAlive), 'none is left')
  const second = await started(t, { dataDir, port: first.port })
  t.same(await ask(second.url, 'SELECT count(*)::int AS n FROM kept'), [{ n: 1000 }])
})

t.test('the lock file of a crash is no hindrance, whoever has its process id now', async (t) => {
  const dataDir = join(privateFolder(t), 'data')
  const first = await started(t, { dataDir })
  await first.kill()
  writeFileSync(join(dataDir, 'cluster/postmaster.pid'), `${process.pid}\n${dataDir}/cluster\n`)
  const second = await started(t, { dataDir })
  t.ok(isAlive(second.pid))
})

t.test('a second server on a running data-dir is refused and the first goes on', async (t) => {
  const dataDir = join(privateFolder(t), 'data')
  const first = await started(t, { dataDir })
  await t.rejects(startPostgres({ dataDir, port: await freePort() }), {
    name: 'PostgresError',
    message: `Another Postgres (process ${first.pid}) already runs on ${dataDir}.`,
  })
  t.same(await ask(first.url, 'SELECT 1 AS n'), [{ n: 1 }])
})

t.test('an orderly stop is idempotent and waits for nobody: sessions that are open are ended', async (t) => {
  const dataDir = join(privateFolder(t), 'data')
  const server = await started(t, { dataDir, durable: true })
  const client = new pg.Client({ connectionString: server.url })
  client.on('error', () => undefined)
  await client.connect()
  const log = () => readFileSync(join(dataDir, 'postgres.log'), 'utf8')
  // Patient enough for any disk: what does not end by itself is thrown out only after that.
  await Promise.all([server.stop(60_000), server.stop(60_000)])
  t.match(log(), /received fast shutdown request[\s\S]*database system is shut down/)
  t.notMatch(log(), 'immediate shutdown')
  t.notOk(isAlive(server.pid))
})

t.test('a wrong password file and a taken port are told in a sentence', async (t) => {
  const dataDir = join(privateFolder(t), 'data')
  const first = await started(t, { dataDir })
  const other = join(privateFolder(t), 'data')
  await t.rejects(startPostgres({ dataDir: other, port: first.port }), {
    name: 'PostgresError',
    message: `Port ${first.port} is taken: Postgres cannot listen there.`,
  })
  await first.stop()
  writeFileSync(join(dataDir, 'superuser-password'), 'another\n')
  await t.rejects(startPostgres({ dataDir, port: first.port }), { message: /does not accept the password/ })
  rmSync(join(dataDir, 'superuser-password'))
  await t.rejects(startPostgres({ dataDir, port: first.port }), {
    message: /superuser-password cannot be read/,
  })
})

t.test('only the owner may look into the data-dir, and only the loopback may ask', async (t) => {
  const dataDir = join(privateFolder(t), 'data')
  const { url } = await started(t, { dataDir })
  for (const name of ['', 'cluster']) t.equal(statSync(join(dataDir, name)).mode & 0o777, 0o700)
  for (const name of ['superuser-password', 'postgres.log']) {
    t.equal(statSync(join(dataDir, name)).mode & 0o777, 0o600)
  }
  const settings = `SELECT name, setting FROM pg_settings WHERE name IN ('listen_addresses', 'unix_socket_directories')`
  t.same(await ask(url, settings), [
    { name: 'listen_addresses', setting: '127.0.0.1' },
    { name: 'unix_socket_directories', setting: '' },
  ])
  const text = `SELECT lower('ÀÉ') AS lower, current_setting('server_encoding') AS encoding`
  t.same(await ask(url, text), [{ lower: 'àé', encoding: 'UTF8' }])
})

t.test('as root without user namespaces it runs under an account that has no rights', async (t) => {
  if (!isRoot) return t.comment('only root needs this way')
  const folder = privateFolder(t)
  const account = { namespaces: false, reachable: reachableFolder(t) }
  const first = await started(t, { dataDir: join(folder, 'data'), account })
  t.not(statSync(`/proc/${first.pid}`).uid, 0)
  await ask(first.url, 'CREATE TABLE kept AS SELECT 1 AS n')
  await first.kill()
  const second = await started(t, { dataDir: join(folder, 'data'), account })
  t.same(await ask(second.url, 'SELECT n FROM kept'), [{ n: 1 }])
})

t.test('the binaries themselves may lie under private folders', async (t) => {
  if (!isRoot) return t.comment('only root runs Postgres as somebody else')
  // Not in memory: there systems may forbid to run programs.
  const folder = mkdtempSync(join(tmpdir(), 'postern-binaries-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const hidden = join(folder, 'native')
  cpSync(postgresHome(), hidden, { recursive: true, verbatimSymlinks: true })
  const reachable = reachableFolder(t)
  const account = choosePostgresAccount(hidden, join(reachable, 'none'), { namespaces: false, reachable })
  const child = account.spawn('postgres', ['--version'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  await until(() => said.includes('PostgreSQL'), { deadlineMs: 30_000 })
  t.not(account.home, hidden)
})
