// Files that share a process keep their tests, their teardown and their folders to themselves, and each is told as if it
// had been alone.
import { spawnSync } from 'node:child_process'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bareEnvironment } from '@postern/testkit/bare-environment'
import t, { type Test } from 'tap'
import { type FileReport, TapReader } from '../../src/test-run/tap-reader.ts'

const main = fileURLToPath(new URL('../../src/test-run/group.main.ts', import.meta.url))
const root = fileURLToPath(new URL('../../../..', import.meta.url))

/** Runs these files, in their order, in one process. */
function runGroup(t: Test, files: Record<string, string>) {
  const folder = t.testdir(files)
  const names = Object.keys(files).map((name) => relative(root, join(folder, name)))
  const { stdout, stderr, status } = spawnSync(process.execPath, [main], {
    cwd: root,
    env: { ...bareEnvironment(), POSTERN_TEST_FILES: JSON.stringify(names) },
    encoding: 'utf8',
  })
  const reports: FileReport[] = []
  const reader = new TapReader(names, (report) => reports.push(report))
  reader.push(stdout)
  return { reports, isOver: reader.isOver, stderr, status, names }
}

t.test('each file is told by its name, whatever the others did', async (t) => {
  const { reports, isOver, status, names } = runGroup(t, {
    'a.test.ts': `import t from 'tap'
      t.test('holds', async (t) => t.ok(true))
      t.test('holds, too', async (t) => t.ok(true))`,
    'b.test.ts': `import t from 'tap'
      t.test('fails', async (t) => t.equal(1, 2))
      t.test('holds', async (t) => t.ok(true))`,
    'c.test.ts': `throw new Error('cannot be loaded')`,
    'd.test.ts': `import t from 'tap'
      t.test('is not reached', { skip: 'no reason' }, async (t) => t.ok(true))
      t.test('holds', async (t) => t.ok(true))`,
  })
  t.same(
    reports.map(({ file, passed, failed, skipped }) => [file, passed, failed > 0, skipped.length]),
    [
      [names[0], 2, false, 0],
      [names[1], 1, true, 0],
      [names[2], 0, true, 0],
      [names[3], 1, false, 1],
    ],
  )
  t.match(reports[2]?.complaint, /cannot be loaded/)
  t.same([isOver, status], [true, 1])
})

t.test('what a file tears down is over when the next one begins, and its folder is its own', async (t) => {
  const { reports, status } = runGroup(t, {
    'a.test.ts': `import t from 'tap'
      globalThis.open = true
      t.teardown(() => { globalThis.open = false })
      t.jobs = 2
      t.test('has its folder', async (t) => t.match(t.testdir({ file: 'a' }), /a\\.test\\.ts-has-its-folder$/))
      t.test('is open', async (t) => t.equal(globalThis.open, true))`,
    'b.test.ts': `import t from 'tap'
      t.test('comes after', async (t) => t.equal(globalThis.open, false))`,
  })
  t.match(reports, [{ passed: 2 }, { passed: 1 }], JSON.stringify(reports))
  t.equal(status, 0)
})

t.test('a promise that a file leaves behind ends the process before the next file begins', async (t) => {
  const { reports, status, stderr } = runGroup(t, {
    'a.test.ts': `import t from 'tap'
      t.test('leaves one', async (t) => { Promise.reject(new Error('nobody listens')); t.ok(true) })`,
    'b.test.ts': `import t from 'tap'
      t.test('holds', async (t) => t.ok(true))`,
  })
  t.match(reports, [{ passed: 1, failed: 0 }])
  t.equal(reports.length, 1)
  t.equal(status, 1)
  t.match(stderr, /nobody listens/)
})

t.test('however a file ends the process, it is told that not every file had its turn', async (t) => {
  const ways = {
    killed: `t.test('ends it', async () => { process.kill(process.pid, 'SIGKILL'); await new Promise(() => {}) })`,
    'left to itself': `t.test('holds', async (t) => t.ok(true)); setTimeout(() => process.exit(0), 5)`,
    thrown: `t.test('holds', async (t) => { setTimeout(() => { throw new Error('late') }, 5); t.ok(true) })`,
  }
  for (const [way, ending] of Object.entries(ways)) {
    const { reports, isOver } = runGroup(t, {
      'a.test.ts': `import t from 'tap'
        ${ending}`,
      'b.test.ts': `import t from 'tap'
        t.test('takes its time', async (t) => { await new Promise((resolve) => setTimeout(resolve, 2_000)); t.ok(true) })`,
    })
    t.equal(isOver, false, way)
    t.ok(
      reports.every(({ file, failed }) => !file.endsWith('b.test.ts') || failed > 0),
      way,
    )
  }
})
