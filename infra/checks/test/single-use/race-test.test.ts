import t from 'tap'
import { startsMany, testTitled } from '../../src/single-use/race-test.ts'

const file = 'services/gateway/test/some/spend.test.ts'
const isRace = (text: string, others: Record<string, string> = {}) => {
  const test = testTitled(text, 'one of many wins')
  const textOf = (name: string) => (name === file ? text : (others[name] ?? null))
  return test !== undefined && startsMany(test, file, textOf)
}

t.test('a test that starts many at once is a race', async (t) => {
  t.ok(isRace("t.test('one of many wins', async (t) => {\n  await Promise.all(many.map(spend))\n})\n"))
  t.ok(
    isRace(
      "t.test(\n  'one of many wins',\n  async (t) => {\n    await Promise.allSettled([a(), b()])\n  },\n)\n",
    ),
  )
})

t.test('so is one that leaves it to a function of its file, or of one beside it', async (t) => {
  const test = "t.test('one of many wins', async (t) => {\n  await hundred(() => spend())\n})\n"
  const hundred = 'const hundred = (go: () => unknown) =>\n  Promise.all(Array.from({ length: 100 }, go))\n'
  t.ok(isRace(`${hundred}\n${test}`))
  t.ok(
    isRace(`import { hundred } from '../crowd.ts'\n${test}`, {
      'services/gateway/test/crowd.ts': `export ${hundred}`,
    }),
  )
  t.notOk(
    isRace(`import { hundred } from '../crowd.ts'\n${test}`, {
      'services/gateway/test/crowd.ts': 'export const hundred = 1\n',
    }),
  )
})

t.test('a test that does one thing after the other is none, whatever stands around it', async (t) => {
  const around = "t.test('another', async (t) => {\n  await Promise.all([])\n})\n"
  const alone = "t.test('one of many wins', async (t) => {\n  for (const one of many) await spend(one)\n})\n"
  t.notOk(isRace(`${around}\n${alone}\n${around}`))
  t.notOk(isRace(around))
})
