// Makes a database cluster (initdb) once, whole or not at all: it is built beside its place and renamed, so
// that an interrupted first start leaves nothing that looks like a cluster.
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PostgresAccount } from './postgres-account.ts'
import { PostgresError } from './postgres-binaries.ts'
import { isAlive } from './process-tree.ts'

/** Postgres' own folder inside the data-dir. */
export function clusterOf(dataDir: string): string {
  return join(dataDir, 'cluster')
}

/** Makes the cluster when it is not there yet; returns the superuser's password. */
export async function ensureCluster(dataDir: string, account: PostgresAccount): Promise<string> {
  const cluster = clusterOf(dataDir)
  const passwordFile = join(dataDir, 'superuser-password')
  if (existsSync(join(cluster, 'PG_VERSION'))) {
    await refuseForeignVersion(cluster, account)
    return readPassword(passwordFile)
  }
  await refuseForeignFolder(cluster)
  await account.prepareParent(cluster)
  const password = randomBytes(24).toString('base64url')
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  await initialise(cluster, password, account)
  return password
}

async function readPassword(passwordFile: string): Promise<string> {
  try {
    return (await readFile(passwordFile, 'utf8')).trim()
  } catch (error) {
    throw new PostgresError(`The data-dir is broken: ${passwordFile} cannot be read.`, { cause: error })
  }
}

async function initialise(cluster: string, password: string, account: PostgresAccount): Promise<void> {
  // A link (see postgres-account.ts) points to an empty folder of the account's: initdb works inside it.
  const linked = existsSync(cluster)
  const building = linked ? realpathSync(cluster) : `${cluster}.building`
  if (!linked) {
    await rm(building, { recursive: true, force: true })
    await mkdir(building, { mode: 0o700 })
  }
  await account.give(building)
  const secretDir = await mkdtemp(join(tmpdir(), 'postern-initdb-'))
  try {
    await account.give(secretDir)
    await writeFile(join(secretDir, 'password'), password, { mode: 0o600 })
    await account.give(join(secretDir, 'password'))
    await initdb(building, join(secretDir, 'password'), account)
  } finally {
    await rm(secretDir, { recursive: true, force: true })
  }
  await chmod(building, 0o700)
  if (!linked) await rename(building, cluster)
}

function initdb(cluster: string, passwordFile: string, account: PostgresAccount): Promise<void> {
  const args = ['-D', cluster, '-U', 'postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
  // The built-in provider sorts the same on every machine, whatever its C library.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const child = account.spawn('initdb', [...args, ...locale, '--no-sync'], {
    cwd: '/',
    env: postgresEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return new Promise((resolve, reject) => {
    let complaint = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      complaint += chunk.toString()
    })
    child.once('error', (error) => reject(new PostgresError(`initdb did not run: ${error.message}`)))
    child.once('close', (code) => {
      if (code === 0) resolve()
      else
        reject(new PostgresError(`initdb failed: ${complaint.trim().split('\n').at(-1) ?? `code ${code}`}`))
    })
  })
}

/** Postgres inherits nothing of our environment but where to find programs. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' }
}

/** What is there but is no cluster may be somebody's: it is not built over. */
async function refuseForeignFolder(cluster: string): Promise<void> {
  if (!existsSync(cluster) || (await readdir(cluster)).length === 0) return
  throw new PostgresError(`${cluster} is not a Postgres cluster. Move it away, or use another --data-dir.`)
}

async function refuseForeignVersion(cluster: string, account: PostgresAccount): Promise<void> {
  const made = (await readFile(join(cluster, 'PG_VERSION'), 'utf8')).trim()
  const child = account.spawn('postgres', ['--version'], { cwd: '/', stdio: ['ignore', 'pipe', 'ignore'] })
  const answer = await new Promise<string>((resolve) => {
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    child.once('error', () => resolve(''))
    child.once('close', () => resolve(text))
  })
  const runs = /\(PostgreSQL\) (\d+)/.exec(answer)?.[1]
  if (runs === made) return
  throw new PostgresError(
    runs === undefined
      ? 'The Postgres binaries do not run on this machine.'
      : `The database in ${cluster} was made by Postgres ${made}; this is Postgres ${runs}. Use another --data-dir.`,
  )
}

/**
 * Clears what a crash left. Postgres itself only asks whether *some* process has the id in its lock file, and
 * after a reboot or in a container that may be anybody.
 * @returns the id of a Postgres that really still runs on this cluster, else null.
 */
export async function clearStaleLock(cluster: string): Promise<number | null> {
  const lock = join(cluster, 'postmaster.pid')
  if (!existsSync(lock)) return null
  const pid = Number(readFileSync(lock, 'utf8').split('\n')[0])
  if (Number.isInteger(pid) && pid > 1 && isAlive(pid) && runsOn(pid, cluster)) return pid
  await rm(lock, { force: true })
  return null
}

function runsOn(pid: number, cluster: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(cluster)
  } catch {
    // No /proc (macOS): believe the id, as Postgres does.
    return !existsSync('/proc/self/cmdline')
  }
}
