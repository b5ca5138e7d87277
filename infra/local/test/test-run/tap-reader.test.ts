import { readFileSync } from 'node:fs'
import t from 'tap'
import { type FileReport, TapReader } from '../../src/test-run/tap-reader.ts'

// What tap wrote for four files: one with a pass, a failure, a skip and a todo; one that left in the middle of a
// test; one that crashed while it was loaded; one that passed.
const mixed = readFileSync(new URL('../fixtures/tap/mixed.txt', import.meta.url), 'utf8')

const MIXED = ['a', 'b', 'c', 'd'].map((name) => `test/${name}.test.ts`)

function read(text: string, files = MIXED, pieces = 1) {
  const reports: FileReport[] = []
  const reader = new TapReader(files, (report) => reports.push(report))
  const size = Math.ceil(text.length / pieces)
  for (let at = 0; at < text.length; at += size) reader.push(text.slice(at, at + size))
  return { reports, reader }
}

t.test('the tests at the top of each file are counted, nested ones and assertions are not', async (t) => {
  t.same(
    read(mixed).reports.map(({ file, passed, failed }) => ({ file, passed, failed })),
    [
      { file: 'test/a.test.ts', passed: 1, failed: 1 },
      { file: 'test/b.test.ts', passed: 1, failed: 1 },
      { file: 'test/c.test.ts', passed: 0, failed: 1 },
      { file: 'test/d.test.ts', passed: 1, failed: 0 },
    ],
  )
})

t.test('a skipped test counts as neither, and its reason is told', async (t) => {
  t.same(read(mixed).reports[0]?.skipped, ['skipped: no network here', 'todo: no reason given'])
})

t.test('what failed is told, what passed is not', async (t) => {
  const complaint = read(mixed).reports[0]?.complaint ?? ''
  t.match(complaint, /not ok 1 - one is two/)
  t.match(complaint, /\+1/)
  t.notMatch(complaint, /ok 1 - good/)
})

t.test('the output may come in pieces of any size', async (t) => {
  t.same(read(mixed, MIXED, 977).reports, read(mixed).reports)
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
  t.match(read(text, ['a.ts']).reports, [{ file: 'a.ts', passed: 0, failed: 1 }])
})

t.test('a file without a single test counts as failed', async (t) => {
  t.match(
    read('# Subtest: a.ts\n    1..0 # no tests found\nok 1 - a.ts # SKIP no tests found\n', ['a.ts']).reports,
    [{ failed: 1 }],
  )
})

t.test('a row is a file’s only when the file is next; what else fails at the top is told', async (t) => {
  const text = `ok 9 - b.ts # time=1ms
    ok 1 - holds
ok 1 - a.ts # time=1ms
not ok 2 - assertion after the end
# every file had its turn
`
  const { reports, reader } = read(text, ['a.ts', 'b.ts'])
  t.match(reports, [{ file: 'a.ts', passed: 1, failed: 0 }])
  t.equal(reports.length, 1)
  t.same(reader.strays, ['not ok 2 - assertion after the end'])
  t.equal(reader.isOver, true)
  t.equal(read('ok 1 - a.ts # time=1ms\n', ['a.ts']).reader.isOver, false)
})
