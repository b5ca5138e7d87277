// A measured system runs in a process of its own, so that it does not share a thread with the load.

import { type ChildProcess, spawn } from 'node:child_process'
import { until } from '@postern/testkit/poll'
import type { Scope } from './peer.ts'

/** Starts a script that listens on `port`; answers its URL once it takes connections. */
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
  return url
}

async function stop(child: ChildProcess, gone: Promise<void>): Promise<void> {
  const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
  child.kill('SIGTERM')
  await gone
  clearTimeout(late)
}
