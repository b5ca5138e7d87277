// Adds a key to a ring's folder: whole or not at all, never over another one, and on the disk before it is answered.
// A watcher therefore never reads half a key, and two rotations at once give two versions.

import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { versionOf } from './ring-folder.ts'

export class AddRingKeyError extends Error {
  override readonly name = 'AddRingKeyError'
}

/**
 * Writes `text` (from `generateKey` of the token package) as the next version of the ring in `folder`, readable by its
 * owner only; makes the folder when it is missing.
 * @returns the new version
 * @throws AddRingKeyError when all 255 versions are used
 */
export function addRingKey(folder: string, text: string): number {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // Hidden, so that watchers leave it alone; what a crash left there is replaced.
  const draft = join(folder, `.new-${process.pid}`)
  rmSync(draft, { force: true })
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx', flush: true })
  try {
    return publish(folder, draft)
  } finally {
    rmSync(draft, { force: true })
    sync(folder)
  }
}

function publish(folder: string, draft: string): number {
  const highest = Math.max(0, ...readdirSync(folder).map((name) => versionOf(name) ?? 0))
  for (let version = highest + 1; version <= 255; version++) {
    try {
      linkSync(draft, join(folder, `v${version}`))
      return version
    } catch (error) {
      // Somebody else took this version in between.
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
  }
  throw new AddRingKeyError(`${folder}: all 255 versions are used.`)
}

/** Makes the new name itself durable; Windows cannot, and need not, open a folder for that. */
function sync(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
