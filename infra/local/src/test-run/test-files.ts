// Which test files there are.
import { existsSync, globSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { SetupError } from '../setup-error.ts'

const places = [
  ...['packages', 'services', 'infra'].map((place) => `${place}/*/test/**/*.test.ts`),
  ...['bench', 'e2e', 'chaos'].map((place) => `${place}/test/**/*.test.ts`),
]

/** All of them, as paths from the checkout's root. */
export function allTestFiles(root: string): string[] {
  const exclude = (name: string) => name === 'node_modules' || name === 'fixtures'
  return globSync(places, { cwd: root, exclude }).sort()
}

/** The files that a person named, seen from where they stand. */
export function namedTestFiles(names: string[], root: string, cwd: string): string[] {
  return names.map((name) => {
    const path = resolve(cwd, name)
    if (!existsSync(path)) throw new SetupError(`There is no test file ${name}.`)
    return relative(root, join(path))
  })
}
