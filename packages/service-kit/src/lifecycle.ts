// Start and stop of a process are one design: parts close in the reverse of their order, once, within a bound, whatever
// asks for it: a signal, the supervisor's closed pipe, or an error that nobody caught.

import type { Logger } from '@postern/telemetry/logger'

export interface Parts {
  /**
   * Names a part that runs now and how it ends. `stop` gets the milliseconds that are left; it may be called while the
   * start is still going on. A part added after the stop began is stopped too.
   */
  add(name: string, stop: (remainingMs: number) => Promise<unknown> | unknown): void
}

export interface ServiceOptions {
  name: string
  logger: Logger
  /** Builds and starts everything. What it answers is part of the line that says `ready`. */
  start: (parts: Parts) => Promise<Record<string, unknown> | undefined>
  /** Milliseconds from the signal to the end; 25,000 unless told. */
  drainMs?: number
  /** Whether standard input is the supervisor's pipe; read from POSTERN_SUPERVISED unless told. */
  supervised?: boolean
}

/** sysexits.h: something was found in a misconfigured state. */
const EX_CONFIG = 78

/** Runs a service until it is asked to stop, then ends the process: 0 in order, 1 after an error, 78 misconfigured. */
export async function runService(options: ServiceOptions): Promise<void> {
  const { name, logger, start, drainMs = 25_000 } = options
  const parts = new RunningParts(logger)
  let ending = false
  const end = async (why: string, code: number, level: 'info' | 'fatal' = 'info') => {
    if (ending) return
    ending = true
    logger[level]({ why }, 'stopping')
    const clean = await parts.stop(drainMs)
    logger.info({ clean }, 'stopped')
    logger.flush()
    process.exit(clean ? code : code || 1)
  }

  process.on('SIGTERM', () => void end('SIGTERM', 0))
  process.on('SIGINT', () => void end('SIGINT', 0))
  for (const event of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(event, (error: unknown) => {
      logger.fatal({ err: error }, event)
      void end(event, 1, 'fatal')
    })
  if (options.supervised ?? process.env.POSTERN_SUPERVISED === '1') {
    for (const event of ['end', 'close', 'error'])
      process.stdin.on(event, () => void end('the supervisor is gone', 0))
    process.stdin.resume()
  }

  try {
    const facts = await start(parts)
    if (!ending) logger.info({ ...facts, name }, 'ready')
  } catch (error) {
    const faults = faultsOf(error)
    if (faults === undefined) logger.fatal({ err: error }, 'the start failed')
    else process.stderr.write(`${name} does not start:\n${faults.map((fault) => `- ${fault}\n`).join('')}`)
    await end('the start failed', faults === undefined ? 1 : EX_CONFIG)
  }
}

/** The sentences of config's ConfigError; they name files and variables, never values. */
function faultsOf(error: unknown): readonly string[] | undefined {
  if (!(error instanceof Error) || error.name !== 'ConfigError') return undefined
  const { faults } = error as Error & { faults?: unknown }
  return Array.isArray(faults) ? faults.map(String) : undefined
}

class RunningParts implements Parts {
  readonly #logger: Logger
  readonly #parts: { name: string; stop: (remainingMs: number) => unknown }[] = []

  constructor(logger: Logger) {
    this.#logger = logger
  }

  add(name: string, stop: (remainingMs: number) => Promise<unknown> | unknown): void {
    this.#parts.push({ name, stop })
  }

  /** Stops every part, last first, within `drainMs` in all; answers whether each ended in order. */
  async stop(drainMs: number): Promise<boolean> {
    const deadline = performance.now() + drainMs
    let clean = true
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop())
      clean = (await this.#stopOne(part.name, part.stop, deadline)) && clean
    return clean
  }

  async #stopOne(name: string, stop: (remainingMs: number) => unknown, deadline: number): Promise<boolean> {
    // Even when the time is up each part is told to stop, and gets a moment to do it.
    const remaining = Math.max(deadline - performance.now(), 100)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), remaining)
    })
    try {
      const outcome = await Promise.race([Promise.resolve(stop(Math.floor(remaining))), late])
      if (outcome !== 'late') return true
      this.#logger.error({ part: name }, 'part did not stop in time')
    } catch (error) {
      this.#logger.error({ part: name, err: error }, 'part failed to stop')
    } finally {
      clearTimeout(timer)
    }
    return false
  }
}
