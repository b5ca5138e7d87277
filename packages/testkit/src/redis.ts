// A real redis-server of its own for each test: on a free loopback port, keeping nothing on disk, evicting
// nothing. It can be killed and started again on the same port, as a crash and a restart would.
import { type ChildProcess, spawn } from 'node:child_process'
import { connect } from 'node:net'
import { freePort } from './free-port.ts'
import { until } from './poll.ts'
import type { TestScope } from './postgres.ts'
import { sharedProcessGuard } from './process-guard.ts'
import { needProgram, redisServer } from './programs.ts'

export interface TestRedis {
  readonly url: string
  readonly port: number
  /** SIGKILL; returns when it is gone. All its data is gone too. */
  kill(): Promise<void>
  /** Starts it again, empty, on the same port; returns when it answers. */
  start(): Promise<void>
}

export interface TestRedisOptions {
  /** More arguments, e.g. `['--maxmemory-policy', 'allkeys-lru']`; the last one wins. */
  readonly args?: readonly string[]
  /** False: only the port is taken, the first `start()` is the test's. */
  readonly started?: boolean
}

/** Starts a redis-server that ends with the test. */
export async function testRedis(t: TestScope, options: TestRedisOptions = {}): Promise<TestRedis> {
  const port = await freePort()
  let child: ChildProcess | undefined
  const kill = async () => {
    const running = child
    child = undefined
    if (running?.pid === undefined || running.exitCode !== null || running.signalCode !== null) return
    const gone = new Promise((resolve) => running.once('exit', resolve))
    running.kill('SIGKILL')
    await gone
  }
  const start = async () => {
    if (child) throw new Error('this redis-server already runs')
    child = await launch(port, options.args ?? [])
  }
  t.teardown(kill)
  if (options.started !== false) await start()
  return { url: `redis://127.0.0.1:${port}`, port, kill, start }
}

async function launch(port: number, more: readonly string[]): Promise<ChildProcess> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const child = spawn(needProgram(redisServer), [...args, '--maxmemory-policy', 'noeviction', ...more], {
    cwd: '/',
    stdio: 'ignore',
  })
  let ended: Error | undefined
  child.once('error', (error) => {
    ended = new Error(`redis-server did not start: ${error.message}`)
  })
  child.once('exit', (code) => {
    if (child.pid !== undefined) sharedProcessGuard().release(child.pid)
    ended ??= new Error(`redis-server on port ${port} ended with code ${code}`)
  })
  if (child.pid !== undefined) {
    sharedProcessGuard().watch({ pid: child.pid, signals: ['SIGKILL'], patienceMs: 2_000 })
  }
  await until(async () => ended ?? (await answers(port)), {
    deadlineMs: 30_000,
    what: 'an answer of redis-server',
  })
  if (ended) throw ended
  return child
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const finish = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('error', () => finish(false))
    socket.once('data', (data) => finish(data.toString().startsWith('+PONG')))
    socket.once('connect', () => socket.write('PING\r\n'))
  })
}
