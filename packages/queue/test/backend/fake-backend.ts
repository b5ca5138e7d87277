// A backend that does what a test says, for the parts that hold queues and workers open.

import { capturedLogger } from '@postern/testkit/captured-logs'
import type { BackendWorker, Probe, Processor, QueueBackend } from '../../src/backend/queue-backend.ts'
import type { QueueConnection } from '../../src/connection.ts'
import { outageLog } from '../../src/queue-log.ts'

export interface FakeWorker extends BackendWorker {
  readonly processor: Processor
  abandoned: boolean
  running: boolean
  /** Jobs at a time, as it was told last. */
  allowed: number
}

const UP: Probe = { state: { ok: true }, usable: true }
const DOWN: Probe = { state: { ok: false, reason: 'queue_unreachable' }, usable: false }

export function fakeBackend() {
  const state = { up: true, waiting: false, ready: async () => {}, closed: async () => {} }
  const workers: FakeWorker[] = []
  const backend: QueueBackend = {
    kind: 'redis',
    probe: async () => (state.up ? UP : DOWN),
    connected: () => state.up,
    openQueue: () => {
      throw new Error('not in this test')
    },
    openWorker(_name, processor, jobs) {
      const worker: FakeWorker = {
        processor,
        abandoned: false,
        running: true,
        allowed: jobs,
        waitUntilReady: () => state.ready(),
        isRunning: () => worker.running,
        allow(more) {
          worker.allowed = more
        },
        close: () => state.closed(),
        async abandon() {
          worker.abandoned = true
        },
      }
      workers.push(worker)
      return worker
    },
    anyWaiting: async () => state.waiting,
    close: async () => {},
  }
  const logs = capturedLogger('queue-test')
  const connection: QueueConnection = {
    backend,
    logger: logs.logger,
    outage: outageLog(logs.logger, 'queue'),
    close: async () => {},
  }
  return { state, workers, connection, logs }
}
