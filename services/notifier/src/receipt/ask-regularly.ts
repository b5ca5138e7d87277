// Keeps asking vendors of messages that no receipt told of. Postgres decides whose turn it is, and for which process.

import type { Logger } from '@postern/telemetry/logger'
import { type AskDeps, askVendors } from './ask-vendors.ts'
import { unreportedOverdue } from './unreported.store.ts'

export interface AskingOptions extends AskDeps {
  readonly logger: Logger
  /** Milliseconds between two looks; 5,000 unless told. */
  readonly everyMs?: number
}

export interface Asking {
  /** Asks for no further message, and waits for the running calls. */
  stop(): Promise<void>
}

const BATCH = 50
const EVERY_MS = 5_000

/** A failure is logged; the next look tries again. */
export function askRegularly({ logger, everyMs = EVERY_MS, ...deps }: AskingOptions): Asking {
  let stopped = false
  let running: Promise<void> | undefined

  async function pass(): Promise<void> {
    try {
      while (!stopped && (await askVendors(deps, BATCH, () => stopped)) === BATCH);
    } catch (err) {
      logger.warn({ err }, 'vendors could not be asked what became of messages; it is tried again')
    }
  }

  deps.metrics.unreportedOverdue.observe(() => unreportedOverdue(deps.database.db))
  const timer = setInterval(() => {
    running ??= pass().finally(() => {
      running = undefined
    })
  }, everyMs).unref()
  return {
    async stop() {
      stopped = true
      clearInterval(timer)
      await running
    },
  }
}
