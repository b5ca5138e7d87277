// Fetches one npm package, pinned by version and by content (integrity), without running anything of it. It is
// unpacked beside its place and renamed, so two starts at once, or one cut short, leave no half of it.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { BootstrapError } from './bootstrap-error.mjs'

const networkFault =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|network/i

/**
 * The package's folder inside `target`, fetched when it is not there.
 * @param {{name: string, version: string, integrity: string}} wanted
 * @param {string} target e.g. `.toolchain/pnpm-10.34.9`
 * @param {(folder: string) => boolean} works whether what was fetched runs on this machine
 * @param {string} otherwise what the person can do instead, when there is no network
 */
export function fetchPackage(wanted, target, works, otherwise) {
  const folder = join(target, 'node_modules', wanted.name)
  if (existsSync(folder)) return folder
  process.stderr.write(`Fetching ${wanted.name} ${wanted.version} …\n`)
  mkdirSync(dirname(target), { recursive: true })
  const half = mkdtempSync(`${target}.`)
  try {
    unpack(wanted, half, otherwise)
    if (!works(join(half, 'node_modules', wanted.name))) {
      throw new BootstrapError(`${wanted.name} ${wanted.version} does not run on this machine. ${otherwise}`)
    }
    settle(half, target)
  } finally {
    rmSync(half, { recursive: true, force: true })
  }
  return folder
}

function unpack({ name, version, integrity }, folder, otherwise) {
  const dependencies = { [name]: version }
  const packages = { '': { dependencies }, [`node_modules/${name}`]: { version, integrity } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }))
  writeFileSync(
    join(folder, 'package-lock.json'),
    JSON.stringify({ lockfileVersion: 3, requires: true, packages }),
  )
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { status, stderr, error } = npm(['ci', '--prefix', folder, ...flags], folder)
  if (status === 0) return
  const said = error?.message ?? stderr
  if (/EINTEGRITY/.test(said)) {
    throw new BootstrapError(
      `${name} ${version} from the registry is not what was pinned. Nothing was installed.`,
    )
  }
  const why = networkFault.test(said) ? 'the npm registry cannot be reached' : firstComplaint(said)
  throw new BootstrapError(`${name} ${version} could not be fetched: ${why}. ${otherwise}`)
}

/** npm as the one that runs us, else as it is found on the PATH. */
function npm(args, cwd) {
  const own = process.env.npm_execpath
  const byNode = own !== undefined && /npm-cli\.js$/.test(own) && existsSync(own)
  const options = { cwd, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] }
  return byNode ? spawnSync(process.execPath, [own, ...args], options) : spawnSync('npm', args, options)
}

function firstComplaint(said) {
  const line = said.split('\n').find((text) => text.includes('npm error') && !/error code/.test(text)) ?? said
  return line.replace(/^npm error\s*/, '').trim() || 'npm failed'
}

function settle(half, target) {
  try {
    renameSync(half, target)
  } catch (error) {
    // Another start put it there meanwhile.
    if (!existsSync(join(target, 'node_modules'))) throw error
  }
}
