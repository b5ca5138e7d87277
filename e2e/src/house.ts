// What `npm start` starts, as a child of the test: the real supervisor with the real processes, in a data-dir and on
// ports of its own. It ends with the test, and the test fails when it leaves a process behind.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '@postern/testkit/free-port'
import { until } from '@postern/testkit/poll'
import { childrenOf, isAlive } from '@postern/testkit/process-tree'
import { plainEnvironment, root, type TestScope, temporaryFolder } from './checkout.ts'
import { type DevFile, readDevFile } from './dev-file.ts'

export interface HouseInput {
  /** Of an earlier house; a folder that goes with the test unless told. */
  readonly dataDir?: string
  /** The queue's Redis; on Postgres unless told. */
  readonly redisUrl?: string
  /** A file with an administrator's URL of a Postgres that the house shall not start itself. */
  readonly databaseUrlFile?: string
  readonly env?: Readonly<Record<string, string>>
}

export interface House {
  readonly dataDir: string
  readonly dev: DevFile
  /** From the command to the banner. */
  readonly seconds: number
  /** Everything that the person at the terminal has seen. */
  output(): string
  /** Ids of all processes: the supervisor, what it started, and Postgres. */
  pids(): number[]
  /** Ctrl-C at the terminal; answers the exit code when all is over. */
  interrupt(): Promise<number | string>
  /** To one service. What ends a service ends the house. */
  signal(service: keyof DevFile['pids'], signal: NodeJS.Signals): void
  readonly ended: Promise<number | string>
}

const script = join(root, 'infra/local/src/start.ts')

/** Answers when the banner is there. */
export async function startHouse(t: TestScope, input: HouseInput = {}): Promise<House> {
  const dataDir = input.dataDir ?? join(temporaryFolder(t), 'data')
  const began = performance.now()
  const child = await spawnStart(dataDir, input)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (said += text))
  const ended = new Promise<number | string>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal ?? '')),
  )
  const family = new Set<number>()
  const pids = () => {
    for (const pid of familyOf(child, dataDir)) family.add(pid)
    return [...family]
  }
  const interrupt = () => {
    pids()
    if (child.exitCode === null && child.signalCode === null && child.pid) process.kill(-child.pid, 'SIGINT')
    return ended
  }
  t.teardown(async () => {
    await interrupt()
    await untilGone([...family])
  })
  const settled = () => said.includes('Postern is ready') || child.exitCode !== null
  await until(settled, { deadlineMs: 120_000, what: 'the banner' })
  if (!said.includes('Postern is ready')) throw new Error(`the start ended: ${said}`)
  const seconds = (performance.now() - began) / 1_000
  const dev = readDevFile(dataDir)
  const signal: House['signal'] = (service, name) => void process.kill(dev.pids[service], name)
  return { dataDir, dev, seconds, output: () => said, pids, interrupt, signal, ended }
}

async function spawnStart(dataDir: string, input: HouseInput): Promise<ChildProcess> {
  const { redisUrl, databaseUrlFile, env } = input
  const args = ['--port-base', String(await freePort(6)), '--data-dir', dataDir]
  if (redisUrl !== undefined) args.push('--redis-url', redisUrl)
  if (databaseUrlFile !== undefined) args.push('--database-url-file', databaseUrlFile)
  return spawn(process.execPath, [script, ...args], {
    cwd: root,
    env: { ...plainEnvironment, ...env },
    // A group of its own, as a terminal's: Ctrl-C goes to all of it.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

/** Without the backends of Postgres: they come and go, and end with it. */
function familyOf({ pid }: ChildProcess, dataDir: string): number[] {
  if (pid === undefined || !isAlive(pid)) return []
  const file = join(dataDir, 'postgres/cluster/postmaster.pid')
  const postmaster = existsSync(file) ? [Number(readFileSync(file, 'utf8').split('\n')[0])] : []
  return [pid, ...childrenOf(pid), ...postmaster]
}

/** Fails with the ids of those that still run when not all have ended in time. */
export async function untilGone(pids: readonly number[], deadlineMs = 30_000): Promise<void> {
  const left = () => pids.filter(isAlive)
  await until(() => left().length === 0, { deadlineMs, what: `the end of ${pids.join(', ')}` }).catch(() => {
    throw new Error(`still running after ${deadlineMs} ms: ${left().join(', ')}`)
  })
}
