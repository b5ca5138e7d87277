import { fileURLToPath } from 'node:url'
import t from 'tap'
import { allTestFiles } from '../../src/test-run/test-files.ts'
import { groupsOf } from '../../src/test-run/test-groups.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))

t.test('every test file there is comes in one group, once', async (t) => {
  const files = allTestFiles(root)
  t.same(groupsOf(files).flat().sort(), files)
  t.ok(files.includes('infra/local/test/test-run/test-groups.test.ts'))
})

t.test('files of one workspace are shared out evenly; those that start processes are alone', async (t) => {
  const small = Array.from({ length: 20 }, (_, at) => `packages/db/test/${at}.test.ts`)
  const other = 'packages/queue/test/a.test.ts'
  const slow = ['services/audit/test/process/a.test.ts', 'e2e/test/a.test.ts', 'chaos/test/scenarios.test.ts']
  t.same(groupsOf([...small, other, ...slow]), [
    ...slow.toReversed().map((file) => [file]),
    small.slice(0, 10),
    small.slice(10),
    [other],
  ])
})
