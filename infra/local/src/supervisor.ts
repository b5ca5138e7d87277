// Starts parts in order and stops them in the reverse order, once, within a bounded time. A part that ends
// unasked brings the whole house down, so that nobody works on half of it.
import { startProcessGuard } from '@postern/testkit/process-guard'
import { launch, type ProcessSpec, untilReady } from './child-process.ts'

/** Anything that runs and can be stopped: a process, or Postgres. */
export interface Part {
  readonly name: string
  readonly ended: Promise<string>
  stop(patienceMs: number): Promise<void>
}

/** The house was told to stop while it was being started. Not a fault. */
export class StoppedError extends Error {
  override name = 'StoppedError'
}

const stopMs = 4_000

export class Supervisor {
  readonly guard = startProcessGuard()
  /** Resolves with a sentence when a part ends unasked. */
  readonly fallen: Promise<string>
  readonly #parts: Part[] = []
  #stopping: Promise<void> | undefined
  #fall: (sentence: string) => void = () => undefined

  constructor() {
    this.fallen = new Promise((resolve) => {
      this.#fall = resolve
    })
  }

  get isStopping(): boolean {
    return this.#stopping !== undefined
  }

  /** Takes over a part that runs. @throws {StoppedError} after stopping it, when the house is being stopped */
  async add(part: Part): Promise<void> {
    if (this.isStopping) {
      await part.stop(stopMs)
      throw new StoppedError()
    }
    this.#parts.push(part)
    void part.ended.then((how) => {
      if (!this.isStopping) this.#fall(how)
    })
  }

  /** Starts a process and waits until it is ready; returns its id. */
  async start(spec: ProcessSpec): Promise<number> {
    if (this.isStopping) throw new StoppedError()
    const running = launch(spec, this.guard)
    await this.add(running)
    try {
      await untilReady(spec, running)
    } catch (error) {
      throw this.isStopping ? new StoppedError() : error
    }
    return running.pid
  }

  /** Stops all parts, newest first. A part that does not listen is killed; all ends within five seconds. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll()
    return this.#stopping
  }

  async #stopAll(): Promise<void> {
    const end = performance.now() + stopMs
    for (const [at, part] of [...this.#parts.entries()].reverse()) {
      // What one part leaves of its share, the next ones may use.
      const share = Math.max(100, (end - performance.now()) / (at + 1))
      await part.stop(share)
    }
    this.guard.close()
  }
}
