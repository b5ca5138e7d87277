// The way to the queue's backend, chosen by the URL. Opening it connects in the background and never blocks a start.

import { openPostgresBackend } from './backend/postgres.ts'
import type { BackendOptions, QueueBackend } from './backend/queue-backend.ts'
import { QueueError } from './queue-error.ts'
import { type OutageLog, outageLog, type QueueLogger } from './queue-log.ts'

/** One hash tag around everything: all keys of all queues live in one slot of a Redis Cluster, as BullMQ needs. */
export const DEFAULT_PREFIX = '{postern}'

export interface QueueConnectionOptions {
  /** `redis://`, `rediss://`, `postgres://` or `postgresql://`. It may hold a password and comes from a secret file. */
  readonly url: string
  /** Shown by the backend next to our connections, such as `postern-gateway`. */
  readonly name: string
  readonly logger: QueueLogger
  /** Redis only: namespace of the keys, hash-tagged. */
  readonly prefix?: string
  /** False: this process records no spans, so its workers ask for none. That costs a job a tenth of its time. */
  readonly tracing?: boolean
}

export interface QueueConnection {
  readonly backend: QueueBackend
  readonly logger: QueueLogger
  readonly outage: OutageLog
  /** Ends every client. Close workers and producers first. */
  close(): Promise<void>
}

/**
 * Opens the way to the backend that `url` names.
 * @throws {QueueError} QUEUE_MISCONFIGURED when the URL or the prefix cannot be used; the text never holds the URL
 */
export async function openQueueConnection(options: QueueConnectionOptions): Promise<QueueConnection> {
  const { url, name, logger, prefix = DEFAULT_PREFIX, tracing = true } = options
  const outage = outageLog(logger, 'queue')
  const onError = (code: string) => outage.failed(code)
  const backend = await open({ url, name, prefix, tracing, onError })
  return { backend, logger, outage, close: () => backend.close() }
}

async function open(options: BackendOptions): Promise<QueueBackend> {
  const scheme = URL.canParse(options.url) ? new URL(options.url).protocol : ''
  if (scheme === 'postgres:' || scheme === 'postgresql:') return openPostgresBackend(options)
  if (scheme !== 'redis:' && scheme !== 'rediss:') {
    throw new QueueError('QUEUE_MISCONFIGURED', 'the queue URL must be redis://, rediss:// or postgres://')
  }
  if (!/^\{[\w-]+\}[\w-]*$/.test(options.prefix)) {
    throw new QueueError(
      'QUEUE_MISCONFIGURED',
      'the queue prefix must begin with a hash tag, such as {postern}',
    )
  }
  // A process whose queue is in Postgres does not load the client of a Redis.
  const { openRedisBackend } = await import('./backend/redis.ts')
  return openRedisBackend(options)
}
