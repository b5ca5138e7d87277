// Runs the command itself, passes signals on to it exactly once and ends with its exit code.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { environment } from './install.mjs'

const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * @param {string} node @param {string[]} args @param {string} root
 * @returns {Promise<number>} the exit code, 128 + signal when one ended it
 */
export function runCommand(node, args, root) {
  const child = spawn(node, args, {
    // Where the person stands: relative paths in arguments are theirs.
    cwd: process.env.INIT_CWD ?? root,
    env: { ...environment(node), POSTERN_SUPERVISED: '1' },
    // A group of its own: the terminal's Ctrl-C reaches only us, so the command hears of it once. And when we
    // are killed, the closed pipe tells it.
    detached: true,
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  child.stdin.on('error', () => undefined)
  for (const signal of passedOn) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)))
  })
}
