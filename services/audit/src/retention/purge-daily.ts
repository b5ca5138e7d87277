// Once a day, in one of the processes, what ended long ago is removed in small batches. Postgres decides when a day has
// passed and who does it; this only keeps asking.

import type { Logger } from '@postern/telemetry/logger'
import type { Metrics } from '@postern/telemetry/metric-names'

export interface RetentionOptions {
  /** Removes a batch and answers how many rows went: db's `purgeEnded`. */
  purge: (batch: number) => Promise<number>
  logger: Logger
  metrics: Metrics
  /** Milliseconds between two looks; ten minutes unless told. */
  everyMs?: number
}

export interface Retention {
  /** Begins no further batch, and waits for the running one. */
  stop(): Promise<void>
}

/** Rows of each kind in one transaction. */
const BATCH = 1_000
const EVERY_MS = 600_000

/** Looks at once and then again and again. A failure is logged and counted; the next look tries again. */
export function purgeDaily({ purge, logger, metrics, everyMs = EVERY_MS }: RetentionOptions): Retention {
  let stopped = false
  let running: Promise<void> | undefined

  async function pass(): Promise<void> {
    let purged = 0
    try {
      for (let count = -1; count !== 0 && !stopped; ) {
        count = await purge(BATCH)
        purged += count
        metrics.retentionPurged.add(count, {})
      }
    } catch (err) {
      metrics.retentionFailures.add(1, {})
      logger.warn({ err }, 'what has ended could not be removed; it is tried again')
    }
    if (purged > 0) logger.info({ purged }, 'what ended long ago was removed')
  }

  function look(): void {
    running ??= pass().finally(() => {
      running = undefined
    })
  }

  look()
  const timer = setInterval(look, everyMs).unref()
  return {
    async stop() {
      stopped = true
      clearInterval(timer)
      await running
    },
  }
}
