// Installs the git hooks with the first command in a git checkout. Never in CI, and never a reason to fail.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf, isCurrent, writeStamp } from './stamp.mjs'

/** @param {string} root @param {NodeJS.ProcessEnv} env @returns {boolean} whether the hooks were installed now */
export function installHooks(root, env) {
  if (!existsSync(join(root, '.git')) || env.CI === 'true' || env.CI === '1') return false
  const stamp = join(root, 'node_modules', '.postern-hooks')
  const digest = digestOf({ files: [join(root, 'lefthook.yml')] })
  if (isCurrent(stamp, digest)) return false
  const lefthook = join(root, 'node_modules', '.bin', 'lefthook')
  const { status } = spawnSync(lefthook, ['install'], { cwd: root, stdio: 'ignore' })
  if (status !== 0) return false
  writeStamp(stamp, digest)
  return true
}
