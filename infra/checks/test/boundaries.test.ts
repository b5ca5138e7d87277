import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { blindSpots } from '../src/boundaries/blind-spots.ts'
import { cruiseTree, rulesOf } from '../src/boundaries/cruise-tree.ts'
import { unseenBreaches } from '../src/boundaries/planted-tree.ts'
import { SERVICE_RULES } from '../src/boundaries/service-rules.ts'
import { WORKSPACE_RULES } from '../src/boundaries/workspace-rules.ts'
import { CHECKOUT } from './house-copy.ts'

const RULES = [...WORKSPACE_RULES, ...SERVICE_RULES]

t.test('each rule catches its planted breach, and names are unique', async (t) => {
  t.strictSame(await unseenBreaches(RULES, await rulesOf(CHECKOUT)), [])
  t.equal(new Set(RULES.map(({ name }) => name)).size, RULES.length)
})

t.test('a rule that was switched off is noticed', async (t) => {
  const config = await rulesOf(CHECKOUT)
  const without = config.forbidden.filter(({ name }) => name !== 'services-never-meet')
  t.strictSame(await unseenBreaches(RULES, { ...config, forbidden: without }), ['services-never-meet'])
})

t.test('a check that sees nothing is noticed', async (t) => {
  const config = await rulesOf(CHECKOUT)
  const blind = { ...config, options: { ...config.options, exclude: { path: '.' } } }
  t.strictSame(
    await unseenBreaches(RULES, blind),
    RULES.map(({ name }) => name),
  )
})

t.test('an import that the parser does not tell is a blind spot', async (t) => {
  const root = realpathSync(
    t.testdir({ 'a.ts': "import { b } from './b.ts'\nexport * from 'node:fs'\nimport './c.ts'\n" }),
  )
  t.strictSame(blindSpots(root, [{ source: 'a.ts', valid: true, dependencies: [], dependents: [] }]), [
    "a.ts: its import of ./b.ts was not seen by dependency-cruiser's parser",
    "a.ts: its import of fs was not seen by dependency-cruiser's parser",
    "a.ts: its import of ./c.ts was not seen by dependency-cruiser's parser",
  ])
})

t.test('what follows the map is not held against anybody', async (t) => {
  const root = realpathSync(t.testdir())
  const plant = (file: string, text: string) => {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  const src = 'services/gateway/src'
  plant(`${src}/main.ts`, "import './app.ts'\nimport './config.ts'\nimport './context.ts'\n")
  plant(`${src}/app.ts`, "import './link/issue-link.route.ts'\nimport type { Context } from './context.ts'\n")
  plant(`${src}/config.ts`, '')
  plant(`${src}/context.ts`, "import './mail/vendor.sender.ts'\nexport interface Context {}\n")
  plant(
    `${src}/link/issue-link.route.ts`,
    "import './issue-link.ts'\nimport type { Context } from '../context.ts'\n",
  )
  plant(`${src}/link/issue-link.ts`, "import './link.store.ts'\nimport './link.ts'\n")
  plant(`${src}/link/link.store.ts`, "import './link.ts'\n")
  plant(`${src}/link/link.ts`, '')
  plant(`${src}/mail/vendor.sender.ts`, '')
  const { summary } = await cruiseTree(root, await rulesOf(CHECKOUT))
  t.strictSame(summary.violations, [])
  t.equal(summary.totalCruised, 9)
})
