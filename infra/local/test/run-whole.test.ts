import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { runWhole } from '../src/run-whole.ts'

type Outcome = 'ok' | 'not ok' | 'lost'

const fakeTap = fileURLToPath(new URL('fixtures/fake-tap.cjs', import.meta.url))

/** A whole run of test files that end as they are told to, run after run. */
async function wholeRun(t: Test, outcomes: Record<string, Outcome[]>) {
  const root = t.testdir({ node_modules: { '.bin': {} } })
  const bin = join(root, 'node_modules/.bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'tap'), `#!/bin/sh\nexec '${process.execPath}' '${fakeTap}' "$@"\n`, {
    mode: 0o755,
  })
  const files = Object.keys(outcomes)
  for (const file of files) writeFileSync(join(root, file), JSON.stringify(outcomes[file]))
  const count = { passed: 0, failed: 0, unsteady: [] as readonly string[] }
  const logged = t.capture(console, 'log')
  const half = Math.ceil(files.length / 2)
  const parts = [
    { name: 'tests', files: files.slice(0, half), jobs: 2 },
    { name: 'end to end', files: files.slice(half), jobs: 1 },
  ]
  await runWhole(
    { root, env: {} },
    parts.filter(({ files }) => files.length > 0),
    count,
  )
  const told = logged().map(({ args }) => String(args[0]))
  const left = (file: string): Outcome[] => JSON.parse(readFileSync(join(root, file), 'utf8'))
  return { count, told, left }
}

t.test(
  'a file that failed beside others and holds twice alone is told as unsteady, and fails nothing',
  async (t) => {
    const { count, told, left } = await wholeRun(t, {
      'a.test.ts': ['ok', 'ok'],
      'b.test.ts': ['not ok', 'ok', 'ok', 'ok'],
      'c.test.ts': ['ok', 'ok'],
    })
    t.same(count, { passed: 6, failed: 0, unsteady: ['b.test.ts'] }, 'each test is counted once')
    t.same(left('a.test.ts'), ['ok'], 'who held is not run again')
    t.same(left('b.test.ts'), ['ok'], 'once beside the others and twice alone')
    const verdict = told.indexOf('UNSTEADY b.test.ts: failed beside others, held twice alone')
    t.not(verdict, -1)
    t.match(
      told[verdict + 1],
      /not ok 2 - is a close call[\s\S]*found: too late/,
      'with what failed at first',
    )
  },
)

t.test('a file that fails again alone fails the run, the second time as well as the first', async (t) => {
  const { count, told, left } = await wholeRun(t, {
    'a.test.ts': ['not ok', 'not ok', 'ok'],
    'b.test.ts': ['not ok', 'ok', 'not ok', 'ok'],
    'c.test.ts': ['not ok', 'lost', 'ok'],
  })
  t.same(count, { passed: 3, failed: 3, unsteady: [] })
  t.same([left('a.test.ts'), left('b.test.ts'), left('c.test.ts')], [['ok'], ['ok'], ['ok']])
  t.match(told.join('\n'), /FAILED b\.test\.ts: failed in the whole run and again alone/)
  t.notMatch(told.join('\n'), /UNSTEADY/)
})

t.test('when more than three files fail, none is looked at again', async (t) => {
  const names = ['a', 'b', 'c', 'd'].map((name) => `${name}.test.ts`)
  const { count, left } = await wholeRun(
    t,
    Object.fromEntries(names.map((name) => [name, ['not ok', 'ok', 'ok']])),
  )
  t.same(count, { passed: 4, failed: 4, unsteady: [] })
  for (const name of names) t.same(left(name), ['ok', 'ok'])
})

t.test('a file that tap did not tell of fails the run, whatever a second look at others says', async (t) => {
  const { count } = await wholeRun(t, {
    'a.test.ts': ['not ok', 'ok', 'ok'],
    'b.test.ts': ['lost'],
    'c.test.ts': ['ok'],
  })
  t.same(count, { passed: 4, failed: 1, unsteady: ['a.test.ts'] })
})
