// The Redis backend: production's, and the one to scale on. Commands on the request path fail at once while Redis is
// away; workers wait for it and go on by themselves. A connection that fell silent is given up after seconds.

import { once } from 'node:events'
import { Queue, Worker } from 'bullmq'
import { Redis, type RedisOptions } from 'ioredis'
import { failureCode } from '../queue-error.ts'
import { within } from '../within.ts'
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
import { readRedisInfo } from './redis-info.ts'
import { watchPulse } from './redis-pulse.ts'
import { createWorkerBackend } from './redis-worker-backend.ts'

const PROBE_MS = 1_000

const ALWAYS: RedisOptions = {
  connectTimeout: 2_000,
  keepAlive: 10_000,
  // After a failover the old master refuses writes: connect anew, to whoever is the master now.
  reconnectOnError: (error) => error.message.startsWith('READONLY'),
}

const PRODUCER: RedisOptions = {
  ...ALWAYS,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  commandTimeout: 2_000,
}

const WORKER: RedisOptions = { ...ALWAYS, maxRetriesPerRequest: null }

export function openRedisBackend(options: BackendOptions): QueueBackend {
  const { url, prefix, tracing, onError } = options
  const clients: Redis[] = []
  let closing = false
  // Answering null ends a client and rejects what still waits in it; a mere disconnect leaves both hanging.
  const retryStrategy = (times: number) => (closing ? null : Math.min(times * 100, 1_000))
  const connect = (settings: RedisOptions, role: string) => {
    const client = new Redis(url, { ...settings, retryStrategy, connectionName: `${options.name}-${role}` })
    client.on('error', (error) => onError(failureCode(error)))
    watchPulse(client)
    clients.push(client)
    return client
  }
  const producer = connect(PRODUCER, 'queue')
  let shared: Redis | undefined
  const worker = () => {
    shared ??= connect(WORKER, 'worker')
    return shared
  }
  return {
    kind: 'redis',
    probe: () => probe(producer),
    connected: () => producer.status === 'ready',
    openQueue: (name) => {
      const queue = new Queue(name, {
        connection: producer,
        prefix,
        // The probe has looked at the server already. Without both, an add could hang on a first look of the queue's own.
        skipWaitingForReady: true,
        skipVersionCheck: true,
        defaultJobOptions: JOB_OPTIONS,
        streams: STREAMS,
        telemetry: telemetry(),
      })
      queue.on('error', (error) => onError(failureCode(error)))
      return queue
    },
    openWorker: (name, processor, jobs) =>
      openWorker(() => {
        const settings = {
          ...WORKER_OPTIONS,
          connection: worker(),
          prefix,
          concurrency: jobs,
          ...(tracing && { telemetry: telemetry() }),
        }
        return new Worker(name, processor, settings, createWorkerBackend)
      }, onError),
    anyWaiting: async (queue) => (await producer.llen(`${prefix}:${queue}:wait`)) > 0,
    close: async () => {
      closing = true
      for (const client of clients) {
        if (client.status === 'reconnecting') client.once('ready', () => client.disconnect())
        else client.disconnect()
      }
    },
  }
}

async function probe(client: Redis): Promise<Probe> {
  try {
    // The first look comes while the first connection is still being made; that is no outage.
    const signal = AbortSignal.timeout(PROBE_MS)
    if (client.status === 'connecting' || client.status === 'connect') await once(client, 'ready', { signal })
    const state = readRedisInfo(await within(PROBE_MS, 'queue_probe', client.info()))
    return { state, usable: true }
  } catch {
    return { state: { ok: false, reason: 'queue_unreachable' }, usable: false }
  }
}
