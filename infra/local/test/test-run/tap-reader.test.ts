import { readFileSync } from 'node:fs'
import t from 'tap'
import { type FileReport, TapReader } from '../../src/test-run/tap-reader.ts'

// What tap wrote for four files: one with a pass, a failure, a skip and a todo; one that left in the middle of a
// test; one that crashed while it was loaded; one that passed.
const mixed = readFileSync(new URL('../fixtures/tap/mixed.txt', import.meta.url), 'utf8')

function read(text: string, pieces = 1): FileReport[] {
  const reports: FileReport[] = []
  const reader = new TapReader((report) => reports.push(report))
  const size = Math.ceil(text.length / pieces)
  for (let at = 0; at < text.length; at += size) reader.push(text.slice(at, at + size))
  return reports
}

t.test('the tests at the top of each file are counted, nested ones and assertions are not', async (t) => {
  t.same(
    read(mixed).map(({ file, passed, failed }) => ({ file, passed, failed })),
    [
      { file: 'test/a.test.ts', passed: 1, failed: 1 },
      { file: 'test/b.test.ts', passed: 1, failed: 1 },
      { file: 'test/c.test.ts', passed: 0, failed: 1 },
      { file: 'test/d.test.ts', passed: 1, failed: 0 },
    ],
  )
})

t.test('a skipped test counts as neither, and its reason is told', async (t) => {
  t.same(read(mixed)[0]?.skipped, ['skipped: no network here', 'todo: no reason given'])
})

t.test('what failed is told, what passed is not', async (t) => {
  const complaint = read(mixed)[0]?.complaint ?? ''
  t.match(complaint, /not ok 1 - one is two/)
  t.match(complaint, /\+1/)
  t.notMatch(complaint, /ok 1 - good/)
})

t.test('the output may come in pieces of any size', async (t) => {
  t.same(read(mixed, 977), read(mixed))
})

t.test('a quoted result inside a diagnostic block is not a result', async (t) => {
  const text = `# Subtest: a.ts
    not ok 1 - real
      ---
    not ok 2 - quoted
ok 7 - quoted file
      ...
    
    1..1
not ok 1 - a.ts # time=1ms
`
  t.match(read(text), [{ file: 'a.ts', passed: 0, failed: 1 }])
})

t.test('a file without a single test counts as failed', async (t) => {
  t.match(read('# Subtest: a.ts\n    1..0 # no tests found\nok 1 - a.ts # SKIP no tests found\n'), [
    { failed: 1 },
  ])
})
