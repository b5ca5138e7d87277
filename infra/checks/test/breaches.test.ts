import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CHECKS } from '../src/checks.ts'
import { BREACHES } from './breaches.ts'
import { CHECKOUT, copyTheHouse } from './house-copy.ts'

// Some twenty commands run one after the other, on whatever machine this is.

const hasGit = spawnSync('git', ['--version']).status === 0

t.test('every check is tried with a breach, and blocks it with a sentence', async (t) => {
  const house = copyTheHouse(t)
  for (const { name, command } of CHECKS) {
    const breaches = BREACHES.filter(({ check }) => check === name)
    t.not(breaches.length, 0, `${name} has a breach to be tried with`)
    for (const { what, file, text, sentences } of breaches) {
      const { code, output } = house.during(file, text, () => house.run(command))
      t.equal(code, 1, `${name}: ${what}`)
      for (const sentence of sentences) t.match(output, sentence, `${name}: ${sentence}`)
    }
  }
})

t.test('a wrong type is blocked', async (t) => {
  const house = copyTheHouse(t)
  // One package is as strict as all of them, and read in a moment.
  const fewer = JSON.stringify({ extends: './tsconfig.base.json', include: ['packages/token'] })
  const wrong = "export const one: number = 'one'\n"
  const types = ['node_modules/.bin/tsc', '-p', 'tsconfig.json']
  const { code, output } = house.during('tsconfig.json', fewer, () =>
    house.during('packages/token/src/wrong-type.ts', wrong, () => house.run(types)),
  )
  t.not(code, 0)
  t.match(output, /packages\/token\/src\/wrong-type\.ts\(1,14\): error TS2322/)
})

t.test(
  'the hook blocks a commit with a secret or an unformatted file',
  { skip: hasGit ? false : 'git is missing' },
  async (t) => {
    const house = copyTheHouse(t)
    for (const [key, value] of [
      ['user.name', 'Ada'],
      ['user.email', 'ada@example.com'],
      ['commit.gpgsign', 'false'],
    ]) {
      house.run(['git', 'config', key ?? '', value ?? ''])
    }
    t.equal(house.run(['node_modules/.bin/lefthook', 'install']).code, 0)
    const commit = (file: string, text: string) => {
      writeFileSync(join(house.root, file), text)
      house.run(['git', 'add', '--force', file])
      const outcome = house.run(['git', 'commit', '--message', 'Try'])
      house.run(['git', 'reset', '--quiet'])
      return outcome
    }

    // SendGrid's form, put together so that this file holds none.
    const key = ['SG', 'x7Q2mK9vT4bN8cR1wZ5yLp', 'f3H6jD0sA9gK2lM5nB8vC1xZ4qW7eR0tY3uI6oP9aSd'].join('.')
    const secret = commit('docs/breach.md', `The key is ${key}\n`)
    t.not(secret.code, 0, 'a commit with a secret')
    t.match(secret.output, /secretlint/i)
    t.notOk(secret.output.includes(key), 'the message does not show the secret')

    const unformatted = commit('packages/token/src/unformatted.ts', 'export const  one = "one";\n')
    t.not(unformatted.code, 0, 'a commit with an unformatted file')
    t.match(unformatted.output, /format/)

    const clean = commit('packages/token/src/clean.ts', "export const one = 'one'\n")
    t.equal(clean.code, 0, `a clean commit passes\n${clean.output}`)
  },
)

t.test('docs/enforcement.md names every check', async (t) => {
  const page = readFileSync(join(CHECKOUT, 'docs/enforcement.md'), 'utf8')
  for (const { name } of CHECKS) t.ok(page.includes(`check \`${name}\``), name)
})
