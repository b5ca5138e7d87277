// The running Postgres process: launched in its own process group, watched, stopped or killed.
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { until } from './poll.ts'
import type { PostgresAccount } from './postgres-account.ts'
import { postgresEnvironment } from './postgres-cluster.ts'
import type { ProcessGuard } from './process-guard.ts'
import { childrenOf, isAlive } from './process-tree.ts'

export interface Launch {
  readonly account: PostgresAccount
  readonly cluster: string
  readonly port: number
  readonly logFile: string
  readonly durable: boolean
  readonly guard: ProcessGuard
}

export interface PostgresServer {
  readonly pid: number
  /** Settles when this server has ended, however it did. */
  readonly exited: Promise<void>
  /** Fast shutdown; after `patienceMs` (five seconds unless told) an immediate one. Idempotent. */
  stop(patienceMs?: number): Promise<void>
  /** SIGKILL to the server and all its children, as a crash would. The same data-dir starts again. */
  kill(): Promise<void>
}

const patienceMs = 5_000

/** Starts the process; it does not answer yet. */
export function launchPostgres(launch: Launch): PostgresServer {
  const child = spawnServer(launch)
  const pid = child.pid ?? -1
  if (pid > 0) launch.guard.watch({ pid, signals: ['SIGINT', 'SIGQUIT', 'SIGKILL'], patienceMs })
  const exited = new Promise<void>((resolve) => {
    const ended = () => {
      launch.guard.release(pid)
      resolve()
    }
    child.once('exit', ended)
    child.once('error', ended)
  })
  const untilEnded = (ending: Promise<void>) => {
    // The server does not keep its owner alive, but its end must still be heard of.
    child.ref()
    return ending.then(() => exited)
  }
  let stopping: Promise<void> | undefined
  return {
    pid,
    exited,
    stop: (patience = patienceMs) => {
      stopping ??= untilEnded(stop(pid, patience))
      return stopping
    },
    kill: () => untilEnded(kill(pid)),
  }
}

function spawnServer({ account, cluster, port, logFile, durable }: Launch): ChildProcess {
  const log = openSync(logFile, 'a', 0o600)
  try {
    const child = account.spawn('postgres', ['-D', cluster, '-p', String(port), ...settings(durable)], {
      cwd: '/',
      detached: true,
      env: postgresEnvironment(),
      stdio: ['ignore', log, log],
    })
    child.unref()
    return child
  } finally {
    closeSync(log)
  }
}

function settings(durable: boolean): string[] {
  const always = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '300',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // A failing statement would be written out with its literals, and a literal may be a password.
    log_min_error_statement: 'panic',
  }
  // Nothing waits for the disk: a killed Postgres still keeps its commits, only a power cut would not.
  const careless = {
    fsync: 'off',
    full_page_writes: 'off',
    wal_level: 'minimal',
    max_wal_senders: '0',
    // Of a killed server that is never started again, segments elsewhere would stay.
    dynamic_shared_memory_type: 'mmap',
  }
  return Object.entries(durable ? always : { ...always, ...careless }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
}

async function stop(pid: number, patience: number): Promise<void> {
  for (const name of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    signal(pid, name)
    if (await until(() => !isAlive(pid), { deadlineMs: patience, everyMs: 5 }).catch(() => false)) return
  }
}

async function kill(pid: number): Promise<void> {
  // Each backend leads a process group of its own, so the server's group alone would leave them running.
  const family = pid > 0 ? [pid, ...childrenOf(pid)] : []
  for (const member of family) signal(member, 'SIGKILL')
  await until(() => !family.some(isAlive), {
    deadlineMs: 30_000,
    everyMs: 5,
    what: 'the end of Postgres',
  })
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    if (pid > 0) process.kill(pid, name)
  } catch {
    // Already gone.
  }
}
