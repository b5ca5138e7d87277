import { fileURLToPath } from 'node:url'
import t from 'tap'
import { testFiles } from '../../src/test-run/test-files.ts'
import { groupsOf } from '../../src/test-run/test-groups.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))

t.test('every test file there is comes in one group, once', async (t) => {
  const { files } = testFiles(root, { chaos: true })
  t.same(groupsOf(files).flat().sort(), files)
  t.ok(files.includes('infra/local/test/test-run/test-groups.test.ts'))
})

t.test(
  'files of one workspace are shared out evenly; those that wait for processes come by turns',
  async (t) => {
    const small = Array.from({ length: 20 }, (_, at) => `packages/db/test/${at}.test.ts`)
    const other = 'packages/queue/test/a.test.ts'
    const waiting = [
      'chaos/test/scenarios',
      'e2e/test/a',
      'services/audit/test/process/a',
      'services/audit/test/process/b',
    ]
    const files = waiting.map((file) => `${file}.test.ts`)
    t.same(groupsOf([other, ...small, ...files.toReversed()]), [
      [files[0]],
      small.slice(0, 10),
      [files[1]],
      small.slice(10),
      [files[3]],
      [other],
      [files[2]],
    ])
  },
)
