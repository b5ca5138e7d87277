// Where tests put what is written a lot and then thrown away. A database is hundreds of files, and making them costs a disk
// several times what it costs memory; nothing here has to outlive a power cut.
import { mkdtempSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sharedProcessGuard } from './process-guard.ts'

const MEMORY = '/dev/shm'
/** For the databases of several files at once, tens of megabytes each, and their logs; the rest of the machine keeps its share. */
const ROOM = 4 * 1024 ** 3

/** A new folder, in memory where the machine has room, else where temporary files go. It goes with this process at the latest. */
export function scratchFolder(prefix: string): string {
  const folder = mkdtempSync(join(hasRoom() ? MEMORY : tmpdir(), prefix))
  sharedProcessGuard().discard(folder)
  return folder
}

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY)
    return bavail * bsize >= ROOM && process.availableMemory() >= ROOM
  } catch {
    // Not on every system.
    return false
  }
}
