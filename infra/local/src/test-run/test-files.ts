// Which test files there are.
import { existsSync, globSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { SetupError } from '../setup-error.ts'

const places = [
  ...['packages', 'services', 'infra'].map((place) => `${place}/*/test/**/*.test.ts`),
  ...['bench', 'e2e', 'chaos'].map((place) => `${place}/test/**/*.test.ts`),
]

/** They keep two processors busy for two minutes, and most of what they break is broken more narrowly by other files. */
export const CHAOS = /^chaos\/test\/(?:scenarios|rolling-restarts)\.test\.ts$/

export interface WholeRun {
  /** With chaos. */
  readonly chaos: boolean
}

/** All of them, as paths from the checkout's root, and those that such a run leaves out. */
export function testFiles(root: string, { chaos }: WholeRun): { files: string[]; leftOut: string[] } {
  const exclude = (name: string) => name === 'node_modules' || name === 'fixtures'
  const all = globSync(places, { cwd: root, exclude }).sort()
  const isLeftOut = (file: string) => !chaos && CHAOS.test(file)
  return { files: all.filter((file) => !isLeftOut(file)), leftOut: all.filter(isLeftOut) }
}

/** The files that a person named, seen from where they stand. */
export function namedTestFiles(names: string[], root: string, cwd: string): string[] {
  const files = names.map((name) => {
    const path = resolve(cwd, name)
    if (!existsSync(path)) throw new SetupError(`There is no test file ${name}.`)
    return relative(root, path)
  })
  return [...new Set(files)]
}
