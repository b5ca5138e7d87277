// The Postgres backend: BullMQ's own, in schema `bullmq`. Nothing to install beside the database; the default on one
// machine. A queue or worker that could not read its schema at first stays broken, so both are opened only after a
// probe, and opened anew by their holder when they do not become ready.

import { assertSchemaCompatibility, createPostgresBackend, Queue, Worker } from 'bullmq'
import pg from 'pg'
import { failureCode } from '../queue-error.ts'
import { settledWithin, within } from '../within.ts'
import { HeardClient } from './heard-client.ts'
import { openWorker } from './open-worker.ts'
import {
  type BackendOptions,
  JOB_OPTIONS,
  type Probe,
  type QueueBackend,
  STREAMS,
  telemetry,
  WORKER_OPTIONS,
} from './queue-backend.ts'

export const QUEUE_SCHEMA = 'bullmq'

const PROBE_MS = 1_000
const CLOSE_MS = 2_000

/** Connections of one pool. A worker has one more, which listens. */
const QUEUE_POOL = 2
const WORKER_POOL = 4

export function openPostgresBackend(options: BackendOptions): QueueBackend {
  const { onError } = options
  const bounded = (max: number, queryMs: number) => ({
    Client: HeardClient,
    connectionString: options.url,
    application_name: options.name,
    max,
    connectionTimeoutMillis: 2_000,
    query_timeout: queryMs,
    keepAlive: true,
    idleTimeoutMillis: 60_000,
  })
  const pool = new pg.Pool(bounded(QUEUE_POOL, 2_000))
  pool.on('error', (error) => onError(failureCode(error)))
  // Also while it is lent out: an event that nobody listens to would end the process.
  pool.on('connect', (client) => client.on('error', (error) => onError(failureCode(error))))
  return {
    kind: 'postgres',
    probe: () => probe(pool),
    connected: () => true,
    openQueue: (name) => {
      const settings = {
        connection: { ...bounded(QUEUE_POOL, 2_000), schema: QUEUE_SCHEMA },
        defaultJobOptions: JOB_OPTIONS,
        streams: STREAMS,
        telemetry: telemetry(),
      }
      const queue = new Queue(name, settings, createPostgresBackend)
      queue.on('error', (error) => onError(failureCode(error)))
      return queue
    },
    openWorker: (name, processor, jobs) =>
      openWorker(() => {
        const connection = { ...bounded(WORKER_POOL, 5_000), schema: QUEUE_SCHEMA }
        const spans = options.tracing && { telemetry: telemetry() }
        const settings = { ...WORKER_OPTIONS, connection, concurrency: jobs, ...spans }
        return new Worker(name, processor, settings, createPostgresBackend)
      }, onError),
    anyWaiting: (queue) => anyWaiting(pool, queue),
    close: async () => void (await settledWithin(CLOSE_MS, pool.end())),
  }
}

async function probe(pool: pg.Pool): Promise<Probe> {
  try {
    const mayAdd = await within(PROBE_MS, 'queue_probe', readSchema(pool))
    const state = mayAdd
      ? { ok: true as const }
      : { ok: false as const, reason: 'queue_temporary_tables_denied' }
    return { state, usable: true }
  } catch (error) {
    return { state: { ok: false, reason: reasonOf(error) }, usable: false }
  }
}

/** Throws unless the schema fits; answers whether this role may make the temporary table that BullMQ adds a batch with. */
async function readSchema(pool: pg.Pool): Promise<boolean> {
  const client = await pool.connect()
  let broken: boolean | undefined
  try {
    await assertSchemaCompatibility(client, QUEUE_SCHEMA)
    const { rows } = await client.query<{ may: boolean }>(
      `SELECT has_database_privilege(current_database(), 'TEMPORARY') AS may`,
    )
    return rows[0]?.may === true
  } catch (error) {
    broken = true
    throw error
  } finally {
    client.release(broken)
  }
}

function reasonOf(error: unknown): string {
  const name = error instanceof Error ? error.name : ''
  if (name === 'SchemaMigrationRequiredError') return 'queue_schema_missing'
  if (name === 'SchemaVersionMismatchError') return 'queue_schema_too_new'
  return failureCode(error) === '42501' ? 'queue_schema_denied' : 'queue_unreachable'
}

async function anyWaiting(pool: pg.Pool, queue: string): Promise<boolean> {
  const { rows } = await pool.query<{ some: boolean }>(
    `SELECT EXISTS (SELECT FROM ${QUEUE_SCHEMA}.job WHERE queue = $1 AND state = 'waiting') AS some`,
    [queue],
  )
  return rows[0]?.some === true
}
