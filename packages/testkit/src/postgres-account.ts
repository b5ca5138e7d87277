// Postgres refuses to run as root. This file decides under which account it runs, so that root needs to set up
// nothing: in a user namespace where the kernel permits one, else as an unprivileged account that is given
// folders it can reach. Everybody else runs it as themselves.
import { type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { chown, mkdir, symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { executable, PostgresError } from './postgres-binaries.ts'

export interface PostgresAccount {
  readonly kind: 'self' | 'namespace' | 'unprivileged'
  /** Folder of `bin`, `lib`, `share` as this account reaches them. */
  readonly home: string
  spawn(program: 'postgres' | 'initdb', args: string[], options: SpawnOptions): ReturnType<typeof spawn>
  /** Gives one file or folder to the account. */
  give(path: string): Promise<void>
  /** Makes room for a cluster at `path`: the parents that the account can reach, or a link to such a place. */
  prepareParent(path: string): Promise<void>
}

/** How root may run Postgres; a test narrows it to reach the second way. */
export interface AccountOptions {
  readonly uid?: number
  readonly namespaces?: boolean
  /** Where root keeps what an unprivileged account must reach. */
  readonly reachable?: string
}

/**
 * The account for a cluster at `cluster` (which may not exist yet), with binaries at `home`.
 * @throws {PostgresError} when root has no way to run it.
 */
export function choosePostgresAccount(
  home: string,
  cluster: string,
  options: AccountOptions = {},
): PostgresAccount {
  const uid = options.uid ?? process.getuid?.() ?? -1
  if (uid !== 0) return plainAccount('self', home, [])
  const reachable = options.reachable ?? '/var/lib/postern'
  const owner = existsSync(cluster) ? statSync(cluster) : null
  if (owner !== null && owner.uid !== 0) return unprivileged(home, owner.uid, owner.gid, reachable)
  const person = anyPerson()
  const prefix = ['unshare', '-U', `--map-user=${person.uid}`, `--map-group=${person.gid}`, '--']
  if (options.namespaces !== false && namespaceWorks(prefix, home, dirname(cluster))) {
    return plainAccount('namespace', home, prefix)
  }
  if (owner !== null) {
    throw new PostgresError(
      `The database in ${cluster} belongs to root, and here root may not make the user namespace to run it in ` +
        '(unshare -U). Run as an ordinary user with another --data-dir.',
    )
  }
  return unprivileged(home, person.uid, person.gid, reachable)
}

function plainAccount(kind: 'self' | 'namespace', home: string, prefix: string[]): PostgresAccount {
  return {
    kind,
    home,
    spawn: (program, args, options) => {
      const [command = '', ...rest] = [...prefix, join(home, 'bin', executable(program)), ...args]
      return spawn(command, rest, options)
    },
    give: async () => undefined,
    prepareParent: async (path) => void (await mkdir(dirname(path), { recursive: true })),
  }
}

function unprivileged(home: string, uid: number, gid: number, reachable: string): PostgresAccount {
  const copy = reachableCopy(home, reachable)
  return {
    kind: 'unprivileged',
    home: copy,
    spawn: (program, args, options) =>
      spawn(join(copy, 'bin', executable(program)), args, { ...options, uid, gid }),
    give: (path) => chown(path, uid, gid),
    prepareParent: async (path) => {
      await mkdir(dirname(path), { recursive: true })
      if (isOpenToAll(dirname(path))) return
      // Parents are private (root's home): the cluster lives where the account can walk to, behind a link.
      const elsewhere = join(reachable, `cluster-${randomBytes(8).toString('hex')}`)
      await mkdir(elsewhere, { recursive: true, mode: 0o700 })
      await chown(elsewhere, uid, gid)
      await symlink(elsewhere, path)
    },
  }
}

/** Whether a namespaced process reaches the binaries and may write where the cluster goes. */
function namespaceWorks(prefix: string[], home: string, parent: string): boolean {
  mkdirSync(parent, { recursive: true })
  const [command = '', ...rest] = prefix
  const probe = '"$0" --version && test -w "$1" && test -x "$1"'
  const args = [...rest, 'sh', '-c', probe, join(home, 'bin', executable('postgres')), parent]
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}

/** initdb asks for the name of its user, so the number must stand in the account file. */
function anyPerson(): { uid: number; gid: number } {
  const people = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid = '0', gid = '0']) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid }) => uid > 0)
  const chosen =
    people.find(({ name }) => name === 'postern') ?? people.find(({ name }) => name === 'nobody') ?? people[0]
  if (chosen) return chosen
  throw new PostgresError('Postgres does not run as root, and there is no other account in /etc/passwd.')
}

/** A copy of the binaries that any account can read, made once for each version. */
function reachableCopy(home: string, reachable: string): string {
  if (isOpenToAll(home)) return home
  const version = basename(dirname(dirname(dirname(dirname(home)))))
  const target = join(reachable, `postgres-${version.replace(/[^\w.-]/g, '_')}`)
  if (existsSync(target)) return target
  mkdirSync(reachable, { recursive: true, mode: 0o755 })
  const half = `${target}.${process.pid}`
  cpSync(home, half, { recursive: true, verbatimSymlinks: true })
  try {
    renameSync(half, target)
  } catch {
    // Another start was quicker; its copy is the same.
    rmSync(half, { recursive: true, force: true })
  }
  return target
}

/** Whether every folder from the root down to `path` may be walked by anybody. */
function isOpenToAll(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false
    if (folder === dirname(folder)) return true
  }
}
