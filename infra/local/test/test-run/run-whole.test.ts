import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { runWhole } from '../../src/test-run/run-whole.ts'

type Outcome = 'ok' | 'not ok' | 'lost' | 'amiss'

const main = fileURLToPath(new URL('../fixtures/fake-group.cjs', import.meta.url))

/** A whole run of groups of test files that end as they are told to, run after run. */
async function wholeRun(t: Test, outcomes: readonly Record<string, Outcome[]>[]) {
  const root = t.testdir()
  for (const [file, next] of outcomes.flatMap(Object.entries))
    writeFileSync(join(root, file), JSON.stringify(next))
  const count = { passed: 0, failed: 0, unsteady: [] as readonly string[] }
  const logged = t.capture(console, 'log')
  await runWhole({ name: 'tests', groups: outcomes.map(Object.keys), lanes: 2, root, env: {}, main }, count)
  const told = logged().map(({ args }) => String(args[0]))
  const left = (file: string): Outcome[] => JSON.parse(readFileSync(join(root, file), 'utf8'))
  return { count, told, left }
}

t.test(
  'a file that failed beside others and holds twice alone is told as unsteady, and fails nothing',
  async (t) => {
    const { count, told, left } = await wholeRun(t, [
      { 'a.test.ts': ['ok', 'ok', 'ok', 'ok'], 'b.test.ts': ['not ok', 'ok', 'ok', 'ok'] },
      { 'c.test.ts': ['ok', 'ok'] },
    ])
    t.same(count, { passed: 6, failed: 0, unsteady: ['b.test.ts'] }, 'each test is counted once')
    t.same(left('c.test.ts'), ['ok'], 'a group that held is not run again')
    for (const file of ['a.test.ts', 'b.test.ts']) t.same(left(file), ['ok'], 'with its neighbours, twice')
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
  const { count, told, left } = await wholeRun(t, [
    { 'a.test.ts': ['not ok', 'not ok', 'ok'] },
    { 'b.test.ts': ['not ok', 'ok', 'not ok', 'ok'] },
    { 'c.test.ts': ['not ok', 'lost', 'ok'] },
  ])
  t.same(count, { passed: 3, failed: 3, unsteady: [] })
  t.same([left('a.test.ts'), left('b.test.ts'), left('c.test.ts')], [['ok'], ['ok'], ['ok']])
  t.match(told.join('\n'), /FAILED b\.test\.ts: failed in the whole run and again alone/)
  t.notMatch(told.join('\n'), /UNSTEADY/)
})

t.test('when more than three groups fail, none is looked at again', async (t) => {
  const names = ['a', 'b', 'c', 'd'].map((name) => `${name}.test.ts`)
  const { count, left } = await wholeRun(
    t,
    names.map((name) => ({ [name]: ['not ok', 'ok', 'ok'] })),
  )
  t.same(count, { passed: 4, failed: 4, unsteady: [] })
  for (const name of names) t.same(left(name), ['ok', 'ok'])
})

t.test('a process that ends before its files have is told, whoever of them ended it', async (t) => {
  const always = await wholeRun(t, [
    { 'a.test.ts': ['ok', 'ok'], 'b.test.ts': ['lost', 'lost'], 'c.test.ts': ['ok', 'ok'] },
  ])
  t.same(always.count, { passed: 2, failed: 3, unsteady: [] }, 'two files lost, and their process')
  t.match(always.told.join('\n'), /FAILED c\.test\.ts[\s\S]*its process ended before it did/)
  t.match(always.told.join('\n'), /it ended with 0 before every file had its turn/)
  const once = await wholeRun(t, [{ 'a.test.ts': ['ok', 'ok', 'ok'], 'b.test.ts': ['lost', 'ok', 'ok'] }])
  t.same(once.count, { passed: 4, failed: 0, unsteady: ['a.test.ts', 'b.test.ts'] })
})

t.test('a process that ends badly fails the run, also when each of its files held', async (t) => {
  const { count, told } = await wholeRun(t, [
    { 'a.test.ts': ['ok'] },
    { 'b.test.ts': ['amiss', 'ok', 'amiss'], 'c.test.ts': ['ok', 'ok', 'ok'] },
  ])
  t.same(count, { passed: 6, failed: 1, unsteady: [] })
  t.match(told.join('\n'), /FAILED the process of b\.test\.ts, c\.test\.ts: it ended with 1/)
})
