// One start at a time may change the checkout; others wait. A lock whose owner is gone is taken over.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { BootstrapError } from './bootstrap-error.mjs'

const patienceMs = 10 * 60_000

/** Runs `work` while holding `file` as a lock. */
export async function withLock(file, work) {
  mkdirSync(dirname(file), { recursive: true })
  const end = Date.now() + patienceMs
  while (!take(file)) {
    if (Date.now() > end)
      throw new BootstrapError(`Another install has been running for long. Delete ${file} if not.`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const release = () => rmSync(file, { force: true })
  process.once('exit', release)
  try {
    return await work()
  } finally {
    process.removeListener('exit', release)
    release()
  }
}

function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (!ownerIsGone(file)) return false
    rmSync(file, { force: true })
    return false
  }
}

function ownerIsGone(file) {
  try {
    const owner = Number(readFileSync(file, 'utf8'))
    // Empty for the instant between its making and its writing.
    if (!owner) return false
    process.kill(owner, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}
