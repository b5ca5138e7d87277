// A real Postgres for a data-dir, from the binaries that came with the install, on the loopback alone. Ctrl-C
// does not reach it (whoever started it stops it, last), and it ends with its owner even when that one is killed.
import { readFileSync, realpathSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import pg from 'pg'
import { isPortFree } from './free-port.ts'
import { until } from './poll.ts'
import { type AccountOptions, choosePostgresAccount } from './postgres-account.ts'
import { PostgresError, postgresHome } from './postgres-binaries.ts'
import { clearStaleLock, clusterOf, ensureCluster } from './postgres-cluster.ts'
import { launchPostgres, type PostgresServer } from './postgres-server.ts'
import { type ProcessGuard, sharedProcessGuard } from './process-guard.ts'

export interface PostgresOptions {
  /** Holds the cluster, the superuser's password and, unless told otherwise, the log. Made when missing. */
  readonly dataDir: string
  /** Port on 127.0.0.1. */
  readonly port: number
  readonly logFile?: string
  /** False for tests: nothing waits for the disk. */
  readonly durable?: boolean
  readonly guard?: ProcessGuard
  readonly account?: AccountOptions
}

export interface EmbeddedPostgres extends PostgresServer {
  /** The superuser's URL. It holds the password. */
  readonly url: string
  readonly port: number
}

const startMs = 30_000

/**
 * Starts Postgres and returns when it answers.
 * @throws {PostgresError} with a sentence: port taken, data-dir in use or broken, no way to run as root.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir)
  const { port, durable = true, guard = sharedProcessGuard() } = options
  const logFile = options.logFile ?? join(dataDir, 'postgres.log')
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const account = choosePostgresAccount(postgresHome(), clusterOf(dataDir), options.account)
  const password = await ensureCluster(dataDir, account)
  // Its account may have no way through the folders above, only to where the link points.
  const cluster = realpathSync(clusterOf(dataDir))
  // A data-dir that was copied has lost its mode, and Postgres refuses any other.
  await chmod(cluster, 0o700)
  const running = await clearStaleLock(cluster)
  if (running !== null) {
    throw new PostgresError(`Another Postgres (process ${running}) already runs on ${dataDir}.`)
  }
  // Else whoever listens there would be asked whether our server is up.
  if (!(await isPortFree(port)))
    throw new PostgresError(`Port ${port} is taken: Postgres cannot listen there.`)
  const server = launchPostgres({ account, cluster, port, logFile, durable, guard })
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
  try {
    await answers(server, url, logFile)
  } catch (error) {
    await server.kill()
    throw error
  }
  return { ...server, url, port }
}

async function answers(server: PostgresServer, url: string, logFile: string): Promise<void> {
  let ended = false
  void server.exited.then(() => {
    ended = true
  })
  const look = async () => (ended ? 'ended' : tryOut(url))
  const seen = await until(look, { deadlineMs: startMs, everyMs: 20 }).catch(() => 'silent' as const)
  const about = `Its log is ${logFile}.`
  if (seen === 'ended') throw new PostgresError(`Postgres did not start: ${lastComplaint(logFile)} ${about}`)
  if (seen === 'silent') throw new PostgresError(`Postgres did not answer in ${startMs / 1000} s. ${about}`)
  if (seen === 'refused') {
    throw new PostgresError(
      `Postgres does not accept the password in the data-dir's superuser-password. ${about}`,
    )
  }
}

async function tryOut(url: string): Promise<'up' | 'refused' | false> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
  // A server that goes away between connect and end must not become an uncaught error.
  client.on('error', () => undefined)
  try {
    await client.connect()
    return 'up'
  } catch (error) {
    return (error as { code?: string }).code === '28P01' ? 'refused' : false
  } finally {
    await client.end().catch(() => undefined)
  }
}

function lastComplaint(logFile: string): string {
  const lines = readFileSync(logFile, 'utf8').trim().split('\n')
  const line = lines.findLast((text) => /(FATAL|PANIC|error):/i.test(text)) ?? lines.at(-1) ?? ''
  return `${line.replace(/^.*?(FATAL|PANIC):\s*/, '').trim()}.`
}
