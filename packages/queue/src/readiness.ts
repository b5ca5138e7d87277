// Whether the queue, and the workers on it, can be relied on right now, for `/readyz`.

import type { QueueState } from './backend/queue-backend.ts'
import type { QueueConnection } from './connection.ts'
import type { Workers } from './workers.ts'

export type { QueueState } from './backend/queue-backend.ts'

/**
 * One look, bounded to about a second. Reasons: `queue_unreachable`; Redis: `redis_older_than_6_2`,
 * `redis_is_a_replica`, `redis_maxmemory_policy_is_not_noeviction`; Postgres: `queue_schema_missing`,
 * `queue_schema_too_new`, `queue_schema_denied`, `queue_temporary_tables_denied`. Never throws.
 */
export async function checkQueue(connection: QueueConnection): Promise<QueueState> {
  return (await connection.backend.probe()).state
}

/** Whether a service works all of its queues. Asks nobody, and never throws. */
export async function checkWorkers(workers: Pick<Workers, 'ready'>): Promise<QueueState> {
  return workers.ready() ? { ok: true } : { ok: false, reason: 'a worker takes no jobs' }
}
