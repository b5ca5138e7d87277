// One part of the house as a process of its own. It is in its own process group (the terminal's Ctrl-C reaches
// only the supervisor), it ends when the pipe on its standard input closes, and it is told apart from a part
// that ended unasked.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, statSync } from 'node:fs'
import { until } from '@postern/testkit/poll'
import type { ProcessGuard } from '@postern/testkit/process-guard'
import { lastComplaint } from './last-complaint.ts'
import { SetupError } from './setup-error.ts'

export interface ProcessSpec {
  readonly name: string
  /** Path of the script that Node runs. */
  readonly entry: string
  /** Its whole environment beyond PATH and the like. */
  readonly env: Readonly<Record<string, string>>
  /** Answers 200 when the part is ready. */
  readonly health: string
  readonly logFile: string
  readonly readyMs?: number
}

export interface RunningProcess {
  readonly name: string
  readonly pid: number
  /** How it ended, in a sentence, asked or not. */
  readonly ended: Promise<string>
  /** SIGTERM, and SIGKILL after `patienceMs`. Idempotent. */
  stop(patienceMs: number): Promise<void>
}

const logLimit = 10 * 1024 * 1024
const inherited = [
  'PATH',
  'HOME',
  'TMPDIR',
  'LANG',
  'TZ',
  'NODE_OPTIONS',
  'NODE_COMPILE_CACHE',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
]

/** Starts the process; it may not be ready yet. */
export function launch(spec: ProcessSpec, guard: ProcessGuard): RunningProcess {
  const { child, logFrom } = start(spec)
  const { pid } = child
  if (pid === undefined) throw new SetupError(`${spec.name} could not be started.`)
  guard.watch({ pid, signals: ['SIGTERM', 'SIGKILL'], patienceMs: 3_000 })
  let running = true
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      running = false
      guard.release(pid)
      resolve(sentence(spec, { code, signal, logFrom }))
    })
  })
  const stop = async (patienceMs: number) => {
    if (running) child.kill('SIGTERM')
    await until(() => !running, { deadlineMs: patienceMs, everyMs: 5 }).catch(() => child.kill('SIGKILL'))
    await ended
  }
  return { name: spec.name, pid, ended, stop }
}

/** `logFrom`: where in the log the lines of this run begin. */
function start({ entry, env, logFile }: ProcessSpec): { child: ChildProcess; logFrom: number } {
  const size = existsSync(logFile) ? statSync(logFile).size : 0
  const fresh = size > logLimit
  const log = openSync(logFile, fresh ? 'w' : 'a', 0o600)
  const ours = Object.fromEntries(inherited.map((name) => [name, process.env[name]]))
  try {
    const child = spawn(process.execPath, [entry], {
      detached: true,
      env: { ...ours, ...env, POSTERN_SUPERVISED: '1' },
      stdio: ['pipe', log, log],
    })
    child.stdin?.on('error', () => undefined)
    return { child, logFrom: fresh ? 0 : size }
  } finally {
    closeSync(log)
  }
}

interface End {
  readonly code: number | null
  readonly signal: string | null
  readonly logFrom: number
}

function sentence({ name, logFile }: ProcessSpec, { code, signal, logFrom }: End): string {
  if (signal !== null) return `${name} ended by ${signal}.`
  const complaint = lastComplaint(logFile, logFrom)
  return `${name} ended with code ${code}${complaint === '' ? '' : `: ${complaint}`}.`.replace(/\.\.$/, '.')
}

/**
 * Returns when the part answers that it is ready.
 * @throws {SetupError} when it ends before, or is not ready in time; with the reason it gives
 */
export async function untilReady(spec: ProcessSpec, running: RunningProcess): Promise<void> {
  const { readyMs = 30_000 } = spec
  let end: string | undefined
  void running.ended.then((how) => {
    end = how
  })
  let reason = 'it does not answer'
  const look = async () => {
    if (end !== undefined) return true
    const answer = await askHealth(spec.health)
    reason = answer.reason
    return answer.ready
  }
  await until(look, { deadlineMs: readyMs, everyMs: 100 }).catch(() => {
    throw new SetupError(
      `${spec.name} was not ready within ${readyMs / 1000} s: ${reason}. Its log is ${spec.logFile}.`,
    )
  })
  if (end !== undefined) throw new SetupError(`${end} Its log is ${spec.logFile}.`)
}

async function askHealth(url: string): Promise<{ ready: boolean; reason: string }> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) })
    const text = await answer.text()
    return { ready: answer.ok, reason: `it answers ${answer.status} ${text.slice(0, 300)}` }
  } catch {
    return { ready: false, reason: 'it does not answer' }
  }
}
