// A measured system runs in a process of its own, so that it does not share a thread with the load.

import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { until } from '@postern/testkit/poll'
import type { Scope } from './peer.ts'

/** Starts a script that listens on `port`; answers its URL, and how to ask for its processor time, once it takes connections. */
export async function startChild(scope: Scope, entry: URL, port: number, env: Record<string, string>) {
  const child = spawn(process.execPath, [entry.pathname], {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  let ended = false
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => {
      ended = true
      resolve()
    })
  })
  scope.teardown(() => stop(child, gone))
  const url = `http://127.0.0.1:${port}`
  const listens = async () => {
    if (ended) throw new Error(`${entry.pathname} ended before it was ready`)
    return fetch(url).then(
      () => true,
      () => false,
    )
  }
  await until(listens, { deadlineMs: 30_000, what: `${entry.pathname} to listen` })
  return { url, cpuMs: () => cpuMs(child.pid) }
}

/** Ticks of 10 ms, as Linux counts them. */
const TICK_MS = 10

/** The processor time that a process has used, in milliseconds; undefined where the system does not tell. */
async function cpuMs(pid: number | undefined): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // Behind the program's name, which may hold anything: state, then numbers; the 12th and 13th are user and system time.
  const [, user, system] = /\) \S(?: -?\d+){10} (\d+) (\d+)/.exec(stat ?? '') ?? []
  return user === undefined ? undefined : (Number(user) + Number(system)) * TICK_MS
}

async function stop(child: ChildProcess, gone: Promise<void>): Promise<void> {
  const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
  child.kill('SIGTERM')
  await gone
  clearTimeout(late)
}
