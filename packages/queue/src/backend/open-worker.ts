// The part of opening a worker that both backends share: no span around it, no error event unheard, and jobs whose
// lock was lost are told to stop.

import { context, ROOT_CONTEXT } from '@opentelemetry/api'
import { failureCode } from '../queue-error.ts'
import type { BackendWorker } from './queue-backend.ts'

/** What both backends' workers have in common, whatever their type parameters. */
interface BullWorker {
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'lockRenewalFailed', listener: (ids: string[]) => void): unknown
  waitUntilReady(): Promise<void>
  isRunning(): boolean
  concurrency: number
  close(force?: boolean): Promise<void>
  cancelJob(id: string, reason?: string): boolean
  cancelAllJobs(reason?: string): void
  getBackend(): { close(force?: boolean): Promise<void> }
}

/**
 * Private in BullMQ. Its loop looks at `concurrency` when a job comes or ends, and at nothing else while it waits; an empty turn,
 * as BullMQ's own watchdog adds it, makes it look.
 */
interface Loop {
  readonly mainLoopQueue?: { add(turn: Promise<void>): void } | null
}

/**
 * Opens a worker. BullMQ's stall checker would keep one endless trace alive if it began inside a span, so it begins
 * in the root context.
 */
export function openWorker(build: () => BullWorker, onError: (code: string) => void): BackendWorker {
  const worker = context.with(ROOT_CONTEXT, build)
  worker.on('error', (error) => onError(failureCode(error)))
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) worker.cancelJob(id, 'lock_lost')
  })
  let isWaking = false
  function wake(): void {
    if (isWaking) return
    isWaking = true
    setImmediate(() => {
      isWaking = false
      const { mainLoopQueue } = worker as BullWorker & Loop
      mainLoopQueue?.add(Promise.resolve())
    })
  }
  return {
    waitUntilReady: () => worker.waitUntilReady(),
    isRunning: () => worker.isRunning(),
    allow(jobs) {
      worker.concurrency = jobs
      wake()
    },
    close: () => worker.close(),
    async abandon() {
      worker.cancelAllJobs('abandoned')
      // `close(true)` after a `close()` that is still waiting would only join it; the backend closes by itself.
      const closing = worker.close(true)
      closing.catch(() => undefined)
      await worker.getBackend().close(true)
    },
  }
}
