// Works one queue, whatever its backend does: opened when the backend first answers, waiting while it is away, and
// replaced when it is found stuck. What a job means, and whether it may still run, is the handler's and Postgres'.

import { setTimeout as pause } from 'node:timers/promises'
import type { QueueDefinition } from '@postern/contracts/queues'
import type { TSchema } from 'typebox'
import { keepOpen } from './backend/keep-open.ts'
import type { BackendWorker } from './backend/queue-backend.ts'
import { stuckWatch } from './backend/stuck-watch.ts'
import type { QueueConnection } from './connection.ts'
import { type JobHandler, jobProcessor, type WorkerMetrics } from './job/run-job.ts'
import { openPlaces, type WorkLoad, workLoad } from './job/work-load.ts'
import { settledWithin, within } from './within.ts'

export type { JobHandler, WorkerMetrics } from './job/run-job.ts'

export interface WorkerSettings {
  /** Parts of jobs at a time in this process. */
  readonly concurrency: number
  readonly metrics: WorkerMetrics
  readonly clock: { now(): Date }
}

export interface WorkerHandle {
  /** Whether it takes jobs, or would if there were any. */
  ready(): boolean
  /**
   * Stops taking jobs and waits for the active ones. Those still running after `deadlineMs` get their signal aborted and
   * are left behind: their lease ends and Postgres drives them again. Never rejects; a second call joins the first.
   */
  drain(deadlineMs: number): Promise<void>
}

const LOOK_EVERY_MS = 2_500
const ABANDON_MS = 1_000
const DRAIN_LOOK_MS = 10

/** Starts working `definition`'s queue. Returns at once, whether the backend answers or not. */
export function startWorker<S extends TSchema, P>(
  connection: QueueConnection,
  definition: QueueDefinition<S, P>,
  handler: JobHandler<P>,
  settings: WorkerSettings,
): WorkerHandle {
  const { name } = definition
  const { backend, logger, outage } = connection
  const { concurrency, metrics } = settings
  /** The worker that takes jobs now; it may take its first one before it says that it is ready. */
  let open: { readonly worker: BackendWorker; readonly load: WorkLoad } | undefined
  const tell = () => open?.worker.allow(open.load.allowed())
  const places = openPlaces(concurrency, tell)
  const kept = keepOpen<BackendWorker>({
    connection,
    open() {
      const load = workLoad(places, definition.mostParts, tell)
      const processor = jobProcessor(definition, handler, { logger, load, ...settings })
      const worker = backend.openWorker(name, processor, load.allowed())
      open = { worker, load }
      return worker
    },
    ready: (worker) => worker.waitUntilReady(),
    discard: (worker) => worker.abandon(),
  })
  const isStuck = stuckWatch()

  async function look(): Promise<void> {
    const worker = kept.current()
    if (worker === undefined) return
    const waiting = await within(LOOK_EVERY_MS, 'queue_look', backend.anyWaiting(name)).catch(() => undefined)
    if (waiting !== undefined) outage.worked()
    const begun = open?.load.begun() ?? 0
    const stuck = isStuck({ waiting: waiting === true, free: places.areFree(), begun })
    if (worker !== kept.current() || (worker.isRunning() && !stuck)) return
    logger.error(
      { queue: name, running: worker.isRunning() },
      'worker took no job although some wait: replaced',
    )
    metrics.replaced(name)
    kept.replace()
  }
  const watch = setInterval(() => void look(), LOOK_EVERY_MS).unref()

  async function drain(deadlineMs: number): Promise<void> {
    clearInterval(watch)
    const worker = kept.release()
    if (worker === undefined) return
    let over = false
    const end = () => {
      over = true
    }
    worker.close().then(end, end)
    // Without a backend a finished job cannot be marked so: once no handler runs there is nothing to wait for.
    const finished = () => over || (places.taken() === 0 && !backend.connected())
    const giveUp = AbortSignal.timeout(deadlineMs)
    while (!finished() && !giveUp.aborted) await pause(DRAIN_LOOK_MS)
    if (over) return
    logger.warn({ queue: name, active: places.taken() }, 'worker left jobs behind, or could not mark them')
    await settledWithin(ABANDON_MS, worker.abandon())
  }
  let draining: Promise<void> | undefined
  return {
    ready: () => kept.current()?.isRunning() === true && backend.connected(),
    drain(deadlineMs) {
      draining ??= drain(deadlineMs)
      return draining
    },
  }
}
