// What the relay's steps share.

import type { DeliverJob, RecordEventsJob } from '@postern/contracts/queues'
import type { Producer } from '../producer.ts'
import type { QueueGate } from './queue-gate.ts'
import type { RelayMetrics, RelayStore } from './relay-store.ts'

export interface RelayProducers {
  readonly email: Producer<DeliverJob>
  readonly sms: Producer<DeliverJob>
  /** Given where events can be recorded: elsewhere handing them over would only be work twice. */
  readonly events?: Producer<RecordEventsJob>
}

export interface RelayParts {
  readonly store: RelayStore
  readonly producers: RelayProducers
  readonly gate: QueueGate
  readonly metrics: RelayMetrics
  readonly random: { uuid(): string }
  /** A test may end the process there: before deliveries are added to the queue, and right after. */
  readonly failpoint: (reached: 'K3' | 'K4') => void
  /** Deliveries of one claim. */
  readonly batch: number
  /** Set once the relay is to stop: what was claimed is still added, no more is claimed. */
  readonly stopping: () => boolean
}

/** One piece of a round; answers whether it left work behind. */
export type RelayStep = (parts: RelayParts) => Promise<boolean>

/** Claims of one step of one round at most, so that no step starves the others. */
const MOST_CLAIMS = 25

/**
 * Claims again and again, as often as a round allows.
 * @param claim answers whether it took all that it may take at a time, so that more may be left
 * @returns whether more may be left, as a step tells its round
 */
export async function claimWhileFull(
  stopping: () => boolean,
  claim: () => Promise<boolean>,
): Promise<boolean> {
  for (let claims = 0; claims < MOST_CLAIMS && !stopping(); claims += 1) {
    if (!(await claim())) return false
  }
  return !stopping()
}
