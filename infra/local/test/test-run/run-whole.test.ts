import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { runWhole } from '../../src/test-run/run-whole.ts'

type Outcome = 'ok' | 'not ok' | 'lost' | 'amiss'

const main = fileURLToPath(new URL('../fixtures/fake-group.cjs', import.meta.url))

/** A whole run of test files, two to a process, that end as they are told to, run after run. */
async function wholeRun(t: Test, outcomes: Record<string, Outcome[]>) {
  const root = t.testdir()
  const files = Object.keys(outcomes)
  for (const file of files) writeFileSync(join(root, file), JSON.stringify(outcomes[file]))
  const count = { passed: 0, failed: 0, unsteady: [] as readonly string[] }
  const logged = t.capture(console, 'log')
  const groups = [files.slice(0, 2), files.slice(2)].filter(({ length }) => length > 0)
  await runWhole({ name: 'tests', groups, lanes: 2, root, env: {}, main }, count)
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

t.test(
  'when a process ends before its files have, those and the one before them are looked at again',
  async (t) => {
    const { count, told, left } = await wholeRun(t, {
      'a.test.ts': ['ok', 'ok', 'amiss'],
      'b.test.ts': ['lost', 'ok', 'ok'],
      'c.test.ts': ['ok'],
    })
    t.same(count, { passed: 4, failed: 1, unsteady: ['b.test.ts'] })
    t.same([left('a.test.ts'), left('b.test.ts')], [[], []])
    t.match(told.join('\n'), /FAILED a\.test\.ts[\s\S]*its process ended before it did/)
  },
)

t.test('a process that ends badly fails the run, also when each of its files held', async (t) => {
  const { count } = await wholeRun(t, { 'a.test.ts': ['ok'], 'b.test.ts': ['amiss'], 'c.test.ts': ['ok'] })
  t.same(count, { passed: 6, failed: 1, unsteady: [] })
})
