// Installs the dependencies from the frozen lockfile, and builds what tap needs after that; neither when
// nothing changed since the last time.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { BootstrapError } from './bootstrap-error.mjs'
import { fetchPackage } from './fetch-package.mjs'
import { withLock } from './lock.mjs'
import { digestOf, isCurrent, writeStamp } from './stamp.mjs'

const pnpm = {
  name: 'pnpm',
  version: '10.34.9',
  integrity:
    'sha512-9JtajqD97bRLs8DB1ldQkqU8KVDZW3rRXfEfF5dId6LeOgHAfpNOmyjOcW5RwJqUlixzBtCb4uHksYqMh2L9Mg==',
}

const otherwise = 'Connect, or install pnpm 10 yourself, and run this again.'

/** What an install depends on. */
function installDigest(root) {
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', '.npmrc'].map((name) => join(root, name))
  return digestOf({ texts: [process.platform, process.arch], files })
}

/** Makes node_modules what the lockfile says. @param {string} root @param {string} node path of our Node */
export async function installDependencies(root, node) {
  const stamp = join(root, 'node_modules', '.postern-install')
  const digest = installDigest(root)
  if (isCurrent(stamp, digest)) return
  await withLock(join(root, '.toolchain', 'install.lock'), async () => {
    if (isCurrent(stamp, digest)) return
    say('Installing the dependencies (about half a minute the first time) …')
    install(root, node)
    writeStamp(stamp, digest)
  })
}

function install(root, node) {
  const [command, ...first] = findPnpm(root, node)
  const args = ['install', '--frozen-lockfile', '--prod=false', '--reporter=append-only']
  // CI: pnpm must not ask anything. Its answer to a removed or foreign node_modules is to make it anew.
  const env = { ...environment(node), CI: 'true' }
  const { status, stdout, stderr } = spawnSync(command, [...first, ...args], { cwd: root, env, ...quiet })
  if (status === 0) return
  const said = `${stdout}\n${stderr}`
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|META_FETCH_FAIL/.test(said)) {
    throw new BootstrapError(
      'The dependencies could not be fetched: the npm registry cannot be reached. Connect and run this again.',
    )
  }
  throw new BootstrapError(
    `pnpm could not install the dependencies:\n${said.trim().split('\n').slice(-15).join('\n')}`,
  )
}

/** The local pnpm when it is of the same major version, else the pinned one. */
function findPnpm(root, node) {
  const { status, stdout } = spawnSync('pnpm', ['--version'], { cwd: root, ...quiet })
  if (status === 0 && /^10\./.test(stdout)) return ['pnpm']
  const target = join(root, '.toolchain', `pnpm-${pnpm.version}`)
  const runs = (folder) => spawnSync(node, [join(folder, 'bin', 'pnpm.cjs'), '--version'], quiet).status === 0
  return [node, join(fetchPackage(pnpm, target, runs, otherwise), 'bin', 'pnpm.cjs')]
}

/** tap runs `.ts` as it is once its list of plugins is built in; that is a step after each install. */
export async function prepareTap(root, node) {
  const settings = JSON.stringify(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).tap ?? {})
  const stamp = join(root, 'node_modules', '.postern-tap')
  const digest = digestOf({ texts: [installDigest(root), settings] })
  if (isCurrent(stamp, digest)) return
  await withLock(join(root, '.toolchain', 'install.lock'), async () => {
    if (isCurrent(stamp, digest)) return
    const tap = join(root, 'node_modules', '.bin', 'tap')
    const { status, stdout, stderr } = spawnSync(tap, ['build'], {
      cwd: root,
      env: environment(node),
      ...quiet,
    })
    if (status !== 0) throw new BootstrapError(`tap could not be built:\n${stdout}${stderr}`)
    writeStamp(stamp, digest)
  })
}

/** Whatever starts `node` by name must find ours. */
export function environment(node) {
  return { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` }
}

const quiet = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 * 1024 * 1024 }

function say(text) {
  process.stderr.write(`${text}\n`)
}
