// Starts the fake house as a process of its own and tells tests what it said and whether it left anything.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bareEnvironment } from '@postern/testkit/bare-environment'
import { freePort } from '@postern/testkit/free-port'
import { until } from '@postern/testkit/poll'
import type { TestScope } from '@postern/testkit/postgres'
import { isAlive } from '@postern/testkit/process-tree'
import { scratchFolder } from '@postern/testkit/scratch'
import type { DevFile } from '../src/dev-file.ts'

export interface RunningStart {
  readonly child: ChildProcess
  readonly dataDir: string
  readonly output: () => string
  /** Code or signal with which it ended. */
  readonly ended: Promise<number | string>
  dev(): DevFile
  untilReady(): Promise<DevFile>
  /** Ids of the services and of Postgres. */
  pids(): number[]
}

export interface StartInput {
  readonly dataDir?: string
  readonly portBase?: number
  readonly args?: string[]
  readonly env?: Record<string, string>
}

const script = fileURLToPath(new URL('./fixtures/start-fake-house.ts', import.meta.url))

/** A data-dir, not there yet, that goes with the test. */
export function temporaryDataDir(t: TestScope): string {
  const folder = scratchFolder('postern-start-')
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'data')
}

let used: Promise<string> | undefined

/** A data-dir that was started and stopped before: a copy, because the first start is the slow one. */
export async function usedDataDir(t: TestScope): Promise<string> {
  used ??= useOnce()
  const dataDir = temporaryDataDir(t)
  // A cluster is thousands of files; Node's own copy takes a second of a processor for them.
  execFileSync('cp', ['-R', '-p', await used, dataDir])
  return dataDir
}

async function useOnce(): Promise<string> {
  const dataDir = scratchFolder('postern-start-used-')
  const start = await runningStart({ teardown: () => undefined }, { dataDir })
  await start.untilReady()
  start.child.kill('SIGTERM')
  if ((await start.ended) !== 0) throw new Error(start.output())
  return dataDir
}

export async function runningStart(t: TestScope, input: StartInput = {}): Promise<RunningStart> {
  const dataDir = input.dataDir ?? (await usedDataDir(t))
  const portBase = input.portBase ?? (await freePort(6))
  const args = ['--port-base', String(portBase), '--data-dir', dataDir, ...(input.args ?? [])]
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...bareEnvironment(), POSTERN_SUPERVISED: '1', ...input.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
  }
  const ended = new Promise<number | string>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal ?? '')),
  )
  t.teardown(() => {
    child.kill('SIGTERM')
    return ended
  })
  const dev = () => JSON.parse(readFileSync(join(dataDir, 'dev.json'), 'utf8')) as DevFile
  return {
    child,
    dataDir,
    output: () => said,
    ended,
    dev,
    untilReady: async () => {
      const ready = () => said.includes('Postern is ready') || child.exitCode !== null
      await until(ready, { deadlineMs: 60_000, what: 'the banner' })
      if (!said.includes('Postern is ready')) throw new Error(said)
      return dev()
    },
    pids: () => [...Object.values(dev().pids), postmaster(dataDir)],
  }
}

/** Fails with the ids that still run when not all have ended in time. */
export async function untilGone(pids: number[]): Promise<void> {
  await until(() => pids.every((pid) => !isAlive(pid)), {
    deadlineMs: 30_000,
    what: `the end of ${pids.join(', ')}`,
  })
}

export function postmaster(dataDir: string): number {
  const file = join(dataDir, 'postgres/cluster/postmaster.pid')
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : -1
}
