// Sees to it that nothing outlives this process, even when it is killed by SIGKILL: a small separate process
// holds the other end of a pipe, and when the pipe closes it ends whatever is still on its list, last in,
// first out.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { bareEnvironment } from './bare-environment.ts'

/** One process to end when this one is gone. */
export interface Guarded {
  readonly pid: number
  /** Sent in this order, each with `patienceMs` to work; the last should be SIGKILL. */
  readonly signals: readonly NodeJS.Signals[]
  readonly patienceMs: number
}

export interface ProcessGuard {
  /** The guard's own process id. */
  readonly pid: number
  watch(guarded: Guarded): void
  /** That process ended: forget it, its id may soon be another's. */
  release(pid: number): void
  /** A folder to delete when all has ended. */
  discard(folder: string): void
  /** Closes the pipe: the guard ends what is left on its list, then itself. */
  close(): void
}

/** What goes through the pipe, one JSON text a line. */
export type GuardMessage = { watch: Guarded } | { release: number } | { discard: string }

const main = fileURLToPath(new URL('./process-guard.main.ts', import.meta.url))

/** Starts a guard. It never keeps the event loop of this process alive. */
export function startProcessGuard(): ProcessGuard {
  const child = spawn(process.execPath, [main], {
    // Its own group: Ctrl-C in a terminal must not reach it before it has done its work.
    detached: true,
    cwd: '/',
    env: bareEnvironment(),
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const { pid, stdin } = child
  if (pid === undefined) throw new Error('the process guard did not start')
  child.unref()
  const pipe = stdin as typeof stdin & { unref?: () => void }
  pipe.unref?.()
  // A guard that was killed from outside must not take its owner down with an EPIPE.
  pipe.on('error', () => undefined)
  const say = (message: GuardMessage) => void pipe.write(`${JSON.stringify(message)}\n`)
  return {
    pid,
    watch: (guarded) => say({ watch: guarded }),
    release: (released) => say({ release: released }),
    discard: (folder) => say({ discard: folder }),
    close: () => void pipe.end(),
  }
}

let shared: ProcessGuard | undefined

/** The one guard of this process, for whoever has none of their own. */
export function sharedProcessGuard(): ProcessGuard {
  shared ??= startProcessGuard()
  return shared
}
