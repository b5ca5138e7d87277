// Sees to it that the programs which tests need are there: installs them where nobody has to be asked (root with
// apt), else says exactly what to install.
import { spawnSync } from 'node:child_process'
import { chromium, findProgram, type NeededProgram, nginx, redisServer } from '@postern/testkit/programs'
import { SetupError } from './setup-error.ts'

/** @throws {SetupError} with the instructions for all that is missing */
export function ensurePrograms(programs: readonly NeededProgram[] = [redisServer, chromium, nginx]): void {
  const missing = programs.filter((program) => findProgram(program) === null)
  if (missing.length === 0) return
  if (process.getuid?.() === 0 && apt('--version')) install(missing)
  const still = missing.filter((program) => findProgram(program) === null)
  if (still.length > 0) throw new SetupError(still.map(({ instructions }) => instructions).join('\n'))
}

function install(programs: readonly NeededProgram[]): void {
  const packages = programs.map(({ debianPackage }) => debianPackage)
  console.log(`Installing ${packages.join(', ')} …`)
  const add = () => apt('install', '-y', '--no-install-recommends', ...packages)
  // The lists of a fresh image are empty or old.
  if (!add()) {
    apt('update')
    add()
  }
}

function apt(...args: string[]): boolean {
  // Run level 1: the package's own server is not started beside ours.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  return spawnSync('apt-get', args, { env, stdio: 'ignore' }).status === 0
}
