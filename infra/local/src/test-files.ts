// Which test files there are.
import { existsSync, globSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { SetupError } from './setup-error.ts'

const unitAndIntegration = ['packages', 'services', 'infra', 'bench'].flatMap((place) =>
  place === 'bench' ? ['bench/test/**/*.test.ts'] : [`${place}/*/test/**/*.test.ts`],
)
const endToEnd = ['e2e/test/**/*.test.ts']
const chaos = ['chaos/test/**/*.test.ts']

export interface TestFiles {
  readonly tests: string[]
  readonly e2e: string[]
  readonly chaos: string[]
}

/** All of them, as paths from the checkout's root. */
export function allTestFiles(root: string): TestFiles {
  const find = (patterns: string[]) =>
    globSync(patterns, {
      cwd: root,
      exclude: (name) => name === 'node_modules' || name === 'fixtures',
    }).sort()
  return { tests: find(unitAndIntegration), e2e: find(endToEnd), chaos: find(chaos) }
}

/** The files that a person named, seen from where they stand. */
export function namedTestFiles(names: string[], root: string, cwd: string): string[] {
  return names.map((name) => {
    const path = resolve(cwd, name)
    if (!existsSync(path)) throw new SetupError(`There is no test file ${name}.`)
    return relative(root, join(path))
  })
}
