// Runs the command itself, passes signals on to it exactly once and ends with its exit code.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { environment } from './install.mjs'

const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * @param {string} node @param {string[]} args
 * @param {{root: string, supervised: boolean}} options `supervised`: the command ends when the pipe to it closes
 * @returns {Promise<number>} the exit code, 128 + signal when one ended it
 */
export function runCommand(node, args, { root, supervised }) {
  const env = { ...environment(node), ...compileCache(root) }
  const child = spawn(node, args, {
    cwd: standpoint(root, process.env),
    env: supervised ? { ...env, POSTERN_SUPERVISED: '1' } : env,
    // A group of its own: the terminal's Ctrl-C reaches only us, so the command hears of it once. And when we
    // are killed, the closed pipe tells it.
    detached: supervised,
    stdio: [supervised ? 'pipe' : 'inherit', 'inherit', 'inherit'],
  })
  child.stdin?.on('error', () => undefined)
  for (const signal of passedOn) process.on(signal, () => child.kill(signal))
  endWithNpm(child)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)))
  })
}

/** npm that is killed outright tells nobody; who notices is whoever it leaves behind. */
function endWithNpm(child) {
  if (process.env.npm_lifecycle_event === undefined) return
  const npm = process.ppid
  const look = setInterval(() => {
    if (process.ppid === npm) return
    clearInterval(look)
    child.kill('SIGTERM')
  }, 500)
  look.unref()
}

/** Where the person stands, for relative paths in arguments: npm moved us to the root, and says from where. */
function standpoint(root, env) {
  const started = env.npm_package_json === join(root, 'package.json') ? env.INIT_CWD : undefined
  return started !== undefined && existsSync(started) ? started : process.cwd()
}

/** Half a dozen processes read the same modules: what Node compiled once it need not compile again. */
function compileCache(root) {
  if (process.env.NODE_COMPILE_CACHE || process.env.NODE_DISABLE_COMPILE_CACHE) return {}
  return { NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'node-compile') }
}
