import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { freePort } from '@postern/testkit/free-port'
import t, { type Test } from 'tap'
import { type RunningStart, runningStart, temporaryDataDir, usedDataDir } from './running-start.ts'

/** Ended with code 1 and exactly one sentence. */
async function refusedWith(t: Test, start: RunningStart, sentence: RegExp) {
  t.equal(await start.ended, 1)
  t.match(start.output(), sentence)
  t.equal(start.output().trim().split('\n').length, 1, start.output())
}

t.test('a taken port is named, and what to do about it', async (t) => {
  const portBase = await freePort(6)
  const server = createServer().listen(portBase + 2, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const start = await runningStart(t, { portBase, dataDir: temporaryDataDir(t) })
  await refusedWith(
    t,
    start,
    new RegExp(`^postern: Port ${portBase + 2} \\(audit\\) is taken\\..*--port-base\\.\n$`),
  )
})

t.test('a data-dir that is a file is told in a sentence', async (t) => {
  const dataDir = temporaryDataDir(t)
  writeFileSync(dataDir, 'not a folder')
  await refusedWith(t, await runningStart(t, { dataDir }), /is not a folder\. Choose another --data-dir\./)
})

t.test('a data-dir that another start uses is told in a sentence', async (t) => {
  const first = await runningStart(t)
  await first.untilReady()
  await refusedWith(
    t,
    await runningStart(t, { dataDir: first.dataDir }),
    new RegExp(`in use by another start \\(process ${first.child.pid}\\)`),
  )
})

t.test('a broken database is told in a sentence that names the log', async (t) => {
  const dataDir = await usedDataDir(t)
  rmSync(join(dataDir, 'postgres/cluster/global/pg_control'))
  await refusedWith(
    t,
    await runningStart(t, { dataDir }),
    /Postgres did not start: .*Its log is .*postgres\.log\./,
  )
})

t.test('a folder that is no cluster is not initialised over', async (t) => {
  const dataDir = temporaryDataDir(t)
  mkdirSync(join(dataDir, 'postgres/cluster'), { recursive: true })
  writeFileSync(join(dataDir, 'postgres/cluster/precious'), 'mine')
  await refusedWith(t, await runningStart(t, { dataDir }), /postgres\/cluster is not a Postgres cluster/)
})

t.test('wrong arguments are told in a sentence', async (t) => {
  const args = ['--database-url-file', '/nowhere/file']
  const missing = await runningStart(t, { dataDir: temporaryDataDir(t), args })
  await refusedWith(t, missing, /^postern: \/nowhere\/file is missing\.$/m)
  const unknown = await runningStart(t, { dataDir: temporaryDataDir(t), args: ['--bases', '1'] })
  t.equal(await unknown.ended, 1)
  t.match(unknown.output(), /^postern: Unknown option '--bases'.*\nnpm start --/)
})
