// What a queue backend must offer; redis.ts and postgres.ts are the two, held to one conformance suite.

import type { Job } from 'bullmq'
import { BullMQOtel } from 'bullmq-otel'

export type QueueState = { readonly ok: true } | { readonly ok: false; readonly reason: string }

/** What a look at the backend found. `usable`: it answers and can carry jobs, even where `state` is not ok. */
export interface Probe {
  readonly state: QueueState
  readonly usable: boolean
}

export interface BulkJob {
  readonly name: string
  readonly data: unknown
  readonly opts: { readonly jobId: string; readonly telemetry: { metadata?: string; omitContext?: boolean } }
}

export interface BackendQueue {
  addBulk(jobs: BulkJob[]): Promise<unknown>
  /** Those that nobody took yet, the oldest first, from the place `start` to `end`. */
  getWaiting(start: number, end: number): Promise<{ readonly data: unknown }[]>
  waitUntilReady(): Promise<void>
  close(): Promise<void>
}

/** Three parameters on purpose: BullMQ hands the signal only to a function that declares it. */
export type Processor = (
  job: Job,
  token: string | undefined,
  signal: AbortSignal | undefined,
) => Promise<string>

export interface BackendWorker {
  waitUntilReady(): Promise<void>
  isRunning(): boolean
  /** Jobs at a time from now on, those counted that are being worked. */
  allow(jobs: number): void
  /** Waits for the active jobs without a limit. */
  close(): Promise<void>
  /** Aborts the handlers' signals and ends the worker's connections; active jobs stay for the stall check. */
  abandon(): Promise<void>
}

export interface QueueBackend {
  readonly kind: 'redis' | 'postgres'
  /** One bounded look. Never throws. */
  probe(): Promise<Probe>
  /** False when it is known, without asking, that an add would fail. */
  connected(): boolean
  openQueue(name: string): BackendQueue
  /** @param jobs at a time, until `allow` says otherwise */
  openWorker(name: string, processor: Processor, jobs: number): BackendWorker
  anyWaiting(queue: string): Promise<boolean>
  close(): Promise<void>
}

export interface BackendOptions {
  readonly url: string
  readonly name: string
  readonly prefix: string
  /** Whether a worker's jobs are told as spans. */
  readonly tracing: boolean
  readonly onError: (code: string) => void
}

/** Postgres re-drives, so a job is tried once; what failed stays a day, to be looked at. Jobs carry ids: 32 KiB is plenty. */
export const JOB_OPTIONS = {
  attempts: 1,
  removeOnComplete: true,
  removeOnFail: { age: 86_400, count: 1_000 },
  sizeLimit: 32_768,
  stackTraceLimit: 0,
} as const

/** BullMQ keeps a stream of its own events that we do not read; short, so that it stays small. */
export const STREAMS = { events: { maxLen: 1_000 } } as const

/**
 * A worker that vanished gives its jobs back after the lock; ours are driven again by Postgres long before.
 * The retry delay is how long a worker waits after a refused connection (15 s unless told).
 */
export const WORKER_OPTIONS = {
  lockDuration: 60_000,
  stalledInterval: 30_000,
  maxStalledCount: 1,
  drainDelay: 5,
  runRetryDelay: 1_000,
} as const

export const telemetry = () => new BullMQOtel({ tracerName: 'postern-queue' })
