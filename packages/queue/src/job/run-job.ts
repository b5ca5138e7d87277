// Runs one job: checks its name and form, calls the handler, and turns whatever comes back into an outcome. A cause
// goes to the log alone; the queue and the trace see a code.

import { SpanStatusCode, trace } from '@opentelemetry/api'
import { CanaryJob, type QueueDefinition } from '@postern/contracts/queues'
import type { Job } from 'bullmq'
import type { Static, TSchema } from 'typebox'
import type { Processor } from '../backend/queue-backend.ts'
import { JobFailure, type JobOutcome, reasonCode } from '../job-outcome.ts'
import type { QueueLogger } from '../queue-log.ts'
import { jobForm } from './job-form.ts'

export interface JobContext {
  readonly jobId: string
  /** Aborts when the job's lock was lost or the process ends before the job did. */
  readonly signal: AbortSignal
}

export type JobHandler<T> = (data: T, context: JobContext) => Promise<JobOutcome>

export interface WorkerMetrics {
  /** One job ended, after `seconds` in this process. */
  finished(queue: string, outcome: JobOutcome['kind'], seconds: number): void
  /** A canary was taken, so many seconds after it was put into the queue. */
  canary(queue: string, seconds: number): void
  /** A worker was found stuck and replaced. */
  replaced(queue: string): void
}

export interface RunOptions {
  readonly logger: QueueLogger
  readonly metrics: WorkerMetrics
  readonly clock: { now(): Date }
}

export function jobProcessor<S extends TSchema>(
  definition: QueueDefinition<S>,
  handler: JobHandler<Static<S>>,
  { logger, metrics, clock }: RunOptions,
): Processor {
  const queue = definition.name
  const fits = jobForm(definition)
  const isCanary = jobForm({ name: queue, job: CanaryJob })

  async function outcomeOf(job: Job, signal: AbortSignal): Promise<JobOutcome> {
    const jobId = job.id ?? ''
    const about = { queue, job_id: jobId }
    if (job.name !== queue || !fits(job.data)) {
      const reason = job.name === queue ? 'unknown_job_form' : 'unknown_job_name'
      logger.error({ ...about, reason }, 'job refused')
      return { kind: 'failed', reason }
    }
    try {
      const outcome = await handler(job.data as Static<S>, { jobId, signal })
      if (outcome.kind === 'failed')
        logger.warn({ ...about, reason: reasonCode(outcome.reason) }, 'job failed')
      return outcome
    } catch (err) {
      logger.error({ ...about, err, reason: 'handler_threw' }, 'job failed')
      return { kind: 'failed', reason: 'handler_threw' }
    }
  }

  // All three parameters must be declared, none with a default: BullMQ counts them before it hands out a signal.
  return async (job, _token, signal) => {
    const began = clock.now().getTime()
    if (isCanary(job.data)) {
      const { canary_at } = job.data as CanaryJob
      metrics.canary(queue, Math.max(0, began - canary_at) / 1_000)
      return 'canary'
    }
    const outcome = await outcomeOf(job, signal ?? new AbortController().signal)
    metrics.finished(queue, outcome.kind, (clock.now().getTime() - began) / 1_000)
    if (outcome.kind === 'done') return 'done'
    if (outcome.kind === 'skipped') return `skipped:${reasonCode(outcome.reason)}`
    trace.getActiveSpan()?.setStatus({ code: SpanStatusCode.ERROR, message: reasonCode(outcome.reason) })
    throw new JobFailure(outcome.reason)
  }
}
