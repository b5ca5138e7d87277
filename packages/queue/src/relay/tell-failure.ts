// Failures of the relay: counted each time, logged once until things work again.

import { failureCode, QueueError } from '../queue-error.ts'
import { outageLog, type QueueLogger } from '../queue-log.ts'
import { StoreFailure } from './bounded-store.ts'
import type { RelayParts } from './relay-parts.ts'

export interface FailureTeller {
  failed(error: unknown): void
  worked(): void
}

export function failureTeller(
  { gate, metrics }: Pick<RelayParts, 'gate' | 'metrics'>,
  logger: QueueLogger,
  what: string,
): FailureTeller {
  const outage = outageLog(logger, what)
  return {
    failed(error) {
      if (error instanceof StoreFailure) {
        metrics.failed('store')
        outage.failed(error.code)
        return
      }
      gate.failed()
      metrics.failed('queue')
      // That the queue is away its connection tells.
      const away = error instanceof QueueError && error.code === 'QUEUE_UNAVAILABLE'
      if (!away) outage.failed(failureCode(error))
    },
    worked: () => outage.worked(),
  }
}
