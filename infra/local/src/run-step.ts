// Runs one step of `npm test` as a process group of its own: its output is kept and shown when it fails, and it
// can be ended with all it started.
import { spawn } from 'node:child_process'

export interface Step {
  readonly name: string
  /** What holds when it passes. */
  readonly describe: string
  /** Program and arguments; `node` is the Node that runs us. */
  readonly command: readonly string[]
}

export interface StepOutcome {
  readonly ok: boolean
  /** Its exit code, or the signal that ended it; null when it could not be started. */
  readonly how: number | NodeJS.Signals | null
  readonly seconds: number
  readonly output: string
}

export interface StepOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** It is killed when it writes nothing for so long; it may take any time otherwise. */
  readonly silentMs?: number
  /** Called with each piece of output as it comes, instead of keeping it. */
  readonly follow?: (text: string, stream: 'stdout' | 'stderr') => void
}

const running = new Set<number>()

export async function runStep({ command }: Step, options: StepOptions): Promise<StepOutcome> {
  const began = performance.now()
  const [program = '', ...args] = command
  const child = spawn(program === 'node' ? process.execPath : program, args, {
    cwd: options.cwd,
    detached: true,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const silence = options.silentMs && setTimeout(() => signalGroup(child.pid, 'SIGKILL'), options.silentMs)
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      if (silence) silence.refresh()
      if (options.follow) options.follow(text, stream)
      else output += text
    })
  }
  if (child.pid !== undefined) running.add(child.pid)
  const how = await new Promise<StepOutcome['how']>((resolve) => {
    child.once('error', (error) => {
      output += error.message
      resolve(null)
    })
    child.once('close', (code, signal) => resolve(code ?? signal))
  })
  clearTimeout(silence)
  if (child.pid !== undefined) running.delete(child.pid)
  return { ok: how === 0, how, seconds: (performance.now() - began) / 1000, output }
}

/** Ends every step that runs, with what it started. */
export function endSteps(): void {
  for (const pid of running) signalGroup(pid, 'SIGTERM')
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // It ended meanwhile.
  }
}
