// A copy of the checkout to plant breaches in: its own files and git repository, the packages linked from here.

import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { houseFiles } from '../src/house-files.ts'

export const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url))

export interface HouseCopy {
  readonly root: string
  /** Runs a command there; the first word `node` is this Node. */
  run(command: readonly string[]): { code: number | null; output: string }
  /** Writes a file until `work` has ended, then puts back what was there. */
  during<T>(file: string, text: string, work: () => T): T
}

export function copyTheHouse(t: Test): HouseCopy {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'postern-house-')))
  t.teardown(() => rmSync(root, { recursive: true, force: true }))
  const files = houseFiles(CHECKOUT)
  for (const file of files) place(root, file)
  linkPackages(root, files)
  const copy = { root, run: (command: readonly string[]) => run(root, command), during: duringOf(root) }
  copy.run(['git', 'init', '--quiet'])
  return copy
}

function place(root: string, file: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  copyFileSync(join(CHECKOUT, file), join(root, file))
}

/** Packages from outside are those installed here; our own are the copy's. */
function linkPackages(root: string, files: readonly string[]): void {
  for (const file of files.filter((name) => /(?:^|\/)package\.json$/.test(name))) {
    const modules = join(dirname(file), 'node_modules')
    const isRoot = file === 'package.json'
    if (isRoot) symlinkSync(join(CHECKOUT, modules), join(root, modules))
    else if (existsSync(join(CHECKOUT, modules))) linkEach(root, modules)
  }
}

function linkEach(root: string, folder: string): void {
  mkdirSync(join(root, folder))
  for (const name of readdirSync(join(CHECKOUT, folder))) {
    const path = join(folder, name)
    if (name === '@postern')
      cpSync(join(CHECKOUT, path), join(root, path), { recursive: true, verbatimSymlinks: true })
    else symlinkSync(join(CHECKOUT, path), join(root, path))
  }
}

function run(
  root: string,
  [program = '', ...args]: readonly string[],
): { code: number | null; output: string } {
  // What a hook tells git is about the checkout.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:GIT_|LEFTHOOK|CI$)|TAP/.test(name)),
  )
  const started = program === 'node' ? process.execPath : program
  // tap gives every child of a test its own loaders; they would change what the command does.
  const plain = ['-u', 'NODE_OPTIONS', started, ...args]
  const { status, stdout, stderr } = spawnSync('env', plain, { cwd: root, env, encoding: 'utf8' })
  return { code: status, output: `${stdout}${stderr}` }
}

function duringOf(root: string): HouseCopy['during'] {
  return (file, text, work) => {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
    try {
      return work()
    } finally {
      if (existsSync(join(CHECKOUT, file))) copyFileSync(join(CHECKOUT, file), join(root, file))
      else rmSync(join(root, file))
    }
  }
}
