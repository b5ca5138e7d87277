// BullMQ's Redis backend for a worker, with an end: closing one while Redis is away would otherwise wait for ever, its
// timers with it, for an event that a client without a socket never emits.

import { type BackendFactory, createRedisBackend, type RedisQueueBackend } from 'bullmq'
import { settledWithin } from '../within.ts'

const DISCONNECT_MS = 1_000

export const createWorkerBackend: BackendFactory<RedisQueueBackend> = (name, opts, more) => {
  const backend = createRedisBackend(name, opts, more)
  const disconnect = backend.disconnectBlocking.bind(backend)
  const close = backend.close.bind(backend)
  backend.disconnectBlocking = async (wait) => void (await settledWithin(DISCONNECT_MS, disconnect(wait)))
  // Forced always: only the blocking connection is the worker's own, and by then nothing runs on it.
  backend.close = () => close(true)
  return backend
}
