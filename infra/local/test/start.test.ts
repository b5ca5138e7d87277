import { statSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '@postern/testkit/poll'
import { isAlive } from '@postern/testkit/process-tree'
import pg from 'pg'
import t, { type Test } from 'tap'
import { postmaster, runningStart, temporaryDataDir, untilGone } from './running-start.ts'

async function ask(connectionString: string, text: string) {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

/** Five seconds are what a person waits at most; a busy machine has five times that. */
function endedWithin(t: Test, began: number): void {
  const ms = performance.now() - began
  t.ok(ms < 25_000, `${Math.round(ms)} ms`)
  t.comment(`ended after ${Math.round(ms)} ms`)
}

t.test('Ctrl-C stops everything soon and leaves no process', async (t) => {
  const start = await runningStart(t)
  await start.untilReady()
  const pids = start.pids()
  t.equal(pids.length, 5, 'four processes and Postgres')
  t.ok(pids.every(isAlive))
  const began = performance.now()
  start.child.kill('SIGINT')
  start.child.kill('SIGINT')
  t.equal(await start.ended, 0, start.output())
  endedWithin(t, began)
  await untilGone(pids)
  t.equal(start.output().match(/Stopping/g)?.length, 1, 'it was stopped once')
})

t.test('dev.json says where everything is, to its owner alone', async (t) => {
  const start = await runningStart(t, { dataDir: temporaryDataDir(t) })
  const dev = await start.untilReady()
  const base = Number(new URL(dev.gateway).port)
  const at = (offset: number) => `http://127.0.0.1:${base + offset}`
  t.match(dev, { gateway: at(0), notifier: at(1), audit: at(2), sandbox: at(3), api_key: 'pk_test' })
  t.match(dev.tenant_id, /^[0-9a-f-]{36}$/)
  t.match(dev.admin_key, /^[\w-]{43}$/)
  t.match(dev.database_url, new RegExp(`^postgres://postern_owner:[^@]+@127.0.0.1:${base + 4}/postern$`))
  t.equal(statSync(join(start.dataDir, 'dev.json')).mode & 0o777, 0o600)
  t.equal(statSync(start.dataDir).mode & 0o777, 0o700)
  t.match(start.output(), /curl -s http/)
})

t.test('a second start on the same data-dir, on other ports, keeps its data', async (t) => {
  const dataDir = temporaryDataDir(t)
  const first = await runningStart(t, { dataDir })
  const { database_url, admin_key, gateway } = await first.untilReady()
  await ask(database_url, 'CREATE TABLE kept AS SELECT 42 AS answer')
  first.child.kill('SIGINT')
  t.equal(await first.ended, 0)
  const second = await runningStart(t, { dataDir })
  const dev = await second.untilReady()
  t.not(dev.gateway, gateway)
  t.same(await ask(dev.database_url, 'SELECT answer FROM kept'), [{ answer: 42 }])
  t.equal(dev.admin_key, admin_key)
})

t.test('a part that is killed is named, and the rest is stopped', async (t) => {
  const start = await runningStart(t)
  const dev = await start.untilReady()
  const pids = start.pids()
  process.kill(dev.pids.notifier ?? -1, 'SIGKILL')
  t.equal(await start.ended, 1, start.output())
  t.match(start.output(), /postern: notifier ended by SIGKILL.*Everything else was stopped/)
  await untilGone(pids)
})

t.test('when Postgres is killed the start ends and says so', async (t) => {
  const start = await runningStart(t)
  await start.untilReady()
  const pids = start.pids()
  process.kill(postmaster(start.dataDir), 'SIGKILL')
  t.equal(await start.ended, 1, start.output())
  t.match(start.output(), /postern: postgres ended/)
  await untilGone(pids)
})

t.test('when the supervisor itself is killed, its children and Postgres end', async (t) => {
  const start = await runningStart(t, { env: { POSTERN_FAKE_AUDIT: 'deaf' } })
  await start.untilReady()
  const pids = start.pids()
  start.child.kill('SIGKILL')
  t.equal(await start.ended, 'SIGKILL')
  await untilGone(pids)
  const again = await runningStart(t, { dataDir: start.dataDir })
  await again.untilReady()
})

t.test('when the process above goes away, everything ends in order', async (t) => {
  const start = await runningStart(t)
  await start.untilReady()
  const pids = start.pids()
  start.child.stdin?.end()
  t.equal(await start.ended, 0, start.output())
  await untilGone(pids)
})

t.test('a part that does not listen to SIGTERM is killed in time', async (t) => {
  const start = await runningStart(t, { env: { POSTERN_FAKE_GATEWAY: 'deaf', POSTERN_FAKE_AUDIT: 'deaf' } })
  await start.untilReady()
  const pids = start.pids()
  const began = performance.now()
  start.child.kill('SIGINT')
  t.equal(await start.ended, 0, start.output())
  endedWithin(t, began)
  await untilGone(pids)
})

t.test('Ctrl-C in the middle of a start leaves nothing and the next start works', async (t) => {
  const dataDir = temporaryDataDir(t)
  const start = await runningStart(t, { dataDir, env: { POSTERN_FAKE_AUDIT: 'unready' } })
  await until(() => postmaster(dataDir) > 0, { deadlineMs: 30_000 })
  const pid = postmaster(dataDir)
  start.child.kill('SIGINT')
  t.equal(await start.ended, 0, start.output())
  await untilGone([pid])
  await (await runningStart(t, { dataDir })).untilReady()
})

t.test('a service that refuses to start is told with its own reason', async (t) => {
  const start = await runningStart(t, { env: { POSTERN_FAKE_NOTIFIER: 'crash' } })
  t.equal(await start.ended, 1, start.output())
  t.match(start.output(), /notifier ended with code 1: cannot start · seal\/v1 is too short\./)
  t.notMatch(start.output(), /\n\s+at /, 'no stack')
})
