import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parseTestArguments } from '../../src/test-run/test-arguments.ts'
import { testFiles } from '../../src/test-run/test-files.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))

t.test(
  'a whole run leaves out the acting of chaos alone, and says so; with --chaos it leaves out nothing',
  async (t) => {
    const without = testFiles(root, parseTestArguments([]))
    const whole = testFiles(root, parseTestArguments(['--chaos']))
    t.same(without.leftOut, ['chaos/test/rolling-restarts.test.ts', 'chaos/test/scenarios.test.ts'])
    t.same(whole.leftOut, [])
    t.same([...without.files, ...without.leftOut].sort(), whole.files)
  },
)

t.test('files are taken as they were typed', async (t) => {
  t.same(parseTestArguments(['a.test.ts', 'b.test.ts']), { chaos: false, names: ['a.test.ts', 'b.test.ts'] })
})

t.test('what is not known is refused with a sentence, before anything runs', async (t) => {
  for (const args of [['--kaos'], ['--chaos=yes'], ['--chaos', 'a.test.ts']])
    t.throws(
      () => parseTestArguments(args),
      { name: 'SetupError', message: /Usage: npm test/ },
      args.join(' '),
    )
})
