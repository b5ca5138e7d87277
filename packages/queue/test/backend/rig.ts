// What the conformance suite needs of a backend under test, and the small things its tests share.

import { randomUUID } from 'node:crypto'
import { type DeliverJob, type DeliverPart, QUEUES } from '@postern/contracts/queues'
import { capturedLogger } from '@postern/testkit/captured-logs'
import { until } from '@postern/testkit/poll'
import type { TestScope } from '@postern/testkit/postgres'
import type { Queue } from 'bullmq'
import { openQueueConnection } from '../../src/connection.ts'
import type { JobOutcome } from '../../src/job-outcome.ts'
import { createProducer, type NewJob, type Producer } from '../../src/producer.ts'
import { type JobHandler, startWorker, type WorkerHandle } from '../../src/worker.ts'

export interface Rig {
  /** What a service would be given. */
  readonly url: string
  readonly port: number
  /** SIGKILL; returns when it is gone. */
  kill(): Promise<void>
  start(): Promise<void>
  /** All jobs are gone, the server stays. */
  loseJobs(): Promise<void>
  /** Everything that the backend stores, as text. */
  dump(): Promise<string>
  /** A BullMQ queue beside ours, for what our own producer refuses to do. */
  bareQueue(name: string): Queue
}

export type MakeRig = (t: TestScope, options?: { started?: boolean }) => Promise<Rig>

export const systemClock = { now: () => new Date() }
export const seconds = (count: number) => ({ deadlineMs: count * 1_000 })

/** A job of so many deliveries. */
export function deliverJob(change: Partial<NewJob<DeliverJob>> = {}, size = 1): NewJob<DeliverJob> {
  const part = (): DeliverPart => ({ tenant_id: randomUUID(), delivery_id: randomUUID() })
  const deliveries = Array.from({ length: size }, part)
  return {
    id: `${deliveries[0]?.delivery_id}.1`,
    data: { v: 2, queued_at: Date.now(), deliveries },
    traceparent: null,
    ...change,
  }
}

/** The delivery of a job that carries one. */
export const carriedBy = (job: NewJob<DeliverJob>) => job.data.deliveries[0]?.delivery_id ?? ''

export const deliverJobs = (count: number) => Array.from({ length: count }, () => deliverJob())

/** A connection with its logs, and a producer and workers that end before it does. */
export async function openParts(t: TestScope, url: string, prefix?: string) {
  const logs = capturedLogger('queue-test')
  const more = prefix === undefined ? {} : { prefix }
  const connection = await openQueueConnection({ url, name: 'queue-test', logger: logs.logger, ...more })
  const producer = createProducer(connection, QUEUES.deliverEmail)
  const finished: string[] = []
  const replaced: string[] = []
  const canaries: { queue: string; seconds: number }[] = []
  const workers: WorkerHandle[] = []
  t.teardown(async () => {
    await Promise.all(workers.map((worker) => worker.drain(500)))
    await producer.close()
    await connection.close()
  })
  const metrics = {
    finished: (_queue: string, outcome: JobOutcome['kind']) => void finished.push(outcome),
    canary: (queue: string, seconds: number) => void canaries.push({ queue, seconds }),
    replaced: (queue: string) => void replaced.push(queue),
  }
  return {
    connection,
    producer,
    logs,
    finished,
    replaced,
    canaries,
    work(handler: JobHandler<DeliverPart>, concurrency = 5): WorkerHandle {
      const worker = startWorker(connection, QUEUES.deliverEmail, handler, {
        concurrency,
        metrics,
        clock: systemClock,
      })
      workers.push(worker)
      return worker
    },
  }
}

/** Adds as soon as the backend lets it: the way the relay does. */
export async function addWhenUp(producer: Producer<DeliverJob>, jobs: readonly NewJob<DeliverJob>[]) {
  const added = async () => {
    await producer.addBulk(jobs)
    return true
  }
  await until(added, { ...seconds(30), what: 'an add that succeeds' })
}

/** A handler that only remembers which deliveries it was given. */
export function remembering() {
  const seen: string[] = []
  const handler: JobHandler<DeliverPart> = async (data) => {
    seen.push(data.delivery_id)
    return { kind: 'done' }
  }
  return { seen, handler }
}

/** Something a test waits for, or lets go on. */
export function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}
