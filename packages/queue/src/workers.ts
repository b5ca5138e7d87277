// The workers of a service, one for each queue that it works: started together, ready only as a whole, and drained side
// by side, so that a slow queue takes no time from another.

import type { QueueDefinition } from '@postern/contracts/queues'
import type { TSchema } from 'typebox'
import type { QueueConnection } from './connection.ts'
import { type JobHandler, startWorker, type WorkerHandle, type WorkerSettings } from './worker.ts'

export interface Work<S extends TSchema, P> {
  readonly queue: QueueDefinition<S, P>
  readonly handle: JobHandler<P>
  /** Parts of this queue's jobs at a time: a slow vendor of one queue takes no place from another. */
  readonly concurrency: number
}

export interface Workers {
  /** Begins to take jobs. Returns at once, whether the backend answers or not. */
  start(): void
  /** Whether each queue is worked, or would be if it had jobs. False before the start. */
  ready(): boolean
  /** Ends every worker as `WorkerHandle` says. Never rejects. */
  drain(deadlineMs: number): Promise<void>
}

/** Nothing runs yet: whoever answers probes can know of the workers before they start. */
export function createWorkers<S extends TSchema, P>(
  connection: QueueConnection,
  works: readonly Work<S, P>[],
  settings: Omit<WorkerSettings, 'concurrency'>,
): Workers {
  let started: WorkerHandle[] = []
  return {
    start() {
      started = works.map(({ queue, handle, concurrency }) =>
        startWorker(connection, queue, handle, { ...settings, concurrency }),
      )
    },
    ready: () => started.length === works.length && started.every((worker) => worker.ready()),
    async drain(deadlineMs) {
      await Promise.all(started.map((worker) => worker.drain(deadlineMs)))
    },
  }
}
