// Puts jobs into one queue. An add either reached the backend or rejects within two seconds: nothing is buffered here,
// because Postgres still holds what could not be queued.

import { CanaryJob, type QueueDefinition } from '@postern/contracts/queues'
import { formOf } from '@postern/service-kit/form'
import type { Static, TSchema } from 'typebox'
import { keepOpen } from './backend/keep-open.ts'
import type { BackendQueue, BulkJob } from './backend/queue-backend.ts'
import type { QueueConnection } from './connection.ts'
import { failureCode, QueueError } from './queue-error.ts'
import { settledWithin, within } from './within.ts'

const DEADLINE_MS = 2_000

export interface NewJob<T> {
  /** Letters, digits, `.`, `_` and `-`, not digits alone. Adding an id that the queue still knows changes nothing. */
  readonly id: string
  readonly data: T
  /** W3C traceparent of the request that asked for the job; its span becomes the parent of the worker's. */
  readonly traceparent: string | null
}

export interface Producer<T> {
  /** False while an add would surely fail. */
  ready(): boolean
  /**
   * Adds the jobs. After a rejection some of them may have been added: add all again, under the same ids.
   * @throws {QueueError} QUEUE_UNAVAILABLE within 2 s, or JOB_REFUSED for a job that its schema refuses
   */
  addBulk(jobs: readonly NewJob<T>[]): Promise<void>
  /**
   * Of the jobs that nobody has begun, the one that is next; null: there is none; unknown: it was begun just now, or has another
   * form. @throws {QueueError} QUEUE_UNAVAILABLE within 2 s
   */
  oldest(): Promise<T | null | 'unknown'>
  /** Puts a canary into the queue, unless some wait there already. @throws {QueueError} QUEUE_UNAVAILABLE within 2 s */
  addCanary(now: Date): Promise<void>
  close(): Promise<void>
}

export const CANARY_EVERY_MS = 30_000
/** As many ids take turns: where nobody works, no more canaries gather, and one that failed blocks none but itself. */
const CANARIES = 4

export function createProducer<S extends TSchema, P>(
  connection: QueueConnection,
  definition: QueueDefinition<S, P>,
): Producer<Static<S>> {
  const { backend, outage } = connection
  const { name, job } = definition
  const form = formOf(job)
  const isCanary = formOf(CanaryJob).fits
  const kept = keepOpen<BackendQueue>({
    connection,
    open: () => backend.openQueue(name),
    ready: (queue) => queue.waitUntilReady(),
    discard: (queue) => queue.close(),
  })

  async function ask<R>(what: string, work: (queue: BackendQueue) => Promise<R>): Promise<R> {
    const queue = kept.current()
    if (queue === undefined) throw new QueueError('QUEUE_UNAVAILABLE', 'queue_not_reached_yet')
    try {
      const answer = await within(DEADLINE_MS, what, work(queue))
      outage.worked()
      return answer
    } catch (error) {
      const reason = failureCode(error)
      outage.failed(reason)
      throw new QueueError('QUEUE_UNAVAILABLE', reason)
    }
  }

  return {
    ready: () => kept.current() !== undefined && backend.connected(),
    async addBulk(jobs) {
      const bulk = jobs.map((job) => toBulkJob(name, job, form.fits))
      if (bulk.length > 0) await ask('queue_add', (queue) => queue.addBulk(bulk))
    },
    async oldest() {
      return ask('queue_look', async (queue) => {
        if (!(await backend.anyWaiting(name))) return null
        const first = await queue.getWaiting(0, CANARIES)
        if (first.length === 0) return 'unknown'
        const next = first.map(({ data }) => data).find((data) => !isCanary(data))
        if (next === undefined) return null
        return form.fits(next) ? next : 'unknown'
      })
    },
    async addCanary(now) {
      await ask('queue_canary', (queue) => queue.addBulk([canary(name, now)]))
    },
    async close() {
      const queue = kept.release()
      if (queue !== undefined) await settledWithin(DEADLINE_MS, queue.close())
    },
  }
}

function toBulkJob(name: string, job: NewJob<unknown>, fits: (data: unknown) => boolean): BulkJob {
  if (!/^[\w.-]+$/.test(job.id) || /^\d+$/.test(job.id)) throw new QueueError('JOB_REFUSED', 'job_id_refused')
  if (!fits(job.data)) throw new QueueError('JOB_REFUSED', 'job_form_refused')
  // Without this the job would join the trace of whichever job happened to be added in the same batch.
  const known =
    job.traceparent !== null && /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(job.traceparent)
  const telemetry = known
    ? { metadata: JSON.stringify({ traceparent: job.traceparent }) }
    : { omitContext: true }
  return { name, data: job.data, opts: { jobId: job.id, telemetry } }
}

function canary(name: string, now: Date): BulkJob {
  const at = now.getTime()
  const data: CanaryJob = { v: 1, canary_at: at }
  const jobId = `canary.${Math.floor(at / CANARY_EVERY_MS) % CANARIES}`
  return { name, data, opts: { jobId, telemetry: { omitContext: true } } }
}
