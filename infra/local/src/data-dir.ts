// The data-dir: one folder, private to its owner, used by one start at a time. Its layout is decided here.
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, startOf } from '@postern/testkit/process-tree'
import { SetupError } from './setup-error.ts'

export interface DataDir {
  readonly path: string
  /** Everything secret, once. */
  readonly secrets: string
  /** One folder a service, with what it may see of the secrets. */
  readonly mounts: string
  readonly postgres: string
  readonly logs: string
  readonly devFile: string
  /** Lets the next start use the folder. */
  release(): void
}

/** Where a data-dir keeps its secrets; also for commands that do not take it over. */
export function secretsOf(path: string): string {
  return join(path, 'secrets')
}

/**
 * Opens the data-dir, making it when it is not there, and takes it over.
 * @throws {SetupError} when it is no folder, or another start uses it
 */
export function openDataDir(path: string): DataDir {
  makeFolder(path)
  const release = takeOver(path)
  const dataDir = {
    path,
    secrets: secretsOf(path),
    mounts: join(path, 'services'),
    postgres: join(path, 'postgres'),
    logs: join(path, 'logs'),
    devFile: join(path, 'dev.json'),
    release,
  }
  for (const folder of [dataDir.secrets, dataDir.mounts, dataDir.logs]) {
    makeFolder(folder)
    // Also when the data-dir was copied, or its parent was there before.
    chmodSync(folder, 0o700)
  }
  return dataDir
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    // `mkdir -p` on a file says "exists".
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  if (!statSync(path).isDirectory())
    throw new SetupError(`${path} is not a folder. Choose another --data-dir.`)
}

function takeOver(path: string): () => void {
  const file = join(path, 'lock')
  const mine = `${process.pid} ${startOf(process.pid) ?? ''}`
  for (;;) {
    try {
      writeFileSync(file, mine, { flag: 'wx', mode: 0o600 })
      return () => rmSync(file, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const pid = holder(file)
    if (pid !== null) {
      throw new SetupError(`${path} is in use by another start (process ${pid}). Choose another --data-dir.`)
    }
    rmSync(file, { force: true })
  }
}

/** The process that holds the lock; null when it is gone, also when its id now belongs to another. */
function holder(file: string): number | null {
  try {
    const [pid = '', ...began] = readFileSync(file, 'utf8').split(' ')
    const number = Number(pid)
    return number > 0 && isAlive(number) && startOf(number) === began.join(' ') ? number : null
  } catch {
    return null
  }
}
