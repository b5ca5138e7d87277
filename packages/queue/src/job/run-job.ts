// Runs one job: checks its name and form, calls the handler for each of its parts side by side, and turns whatever comes
// back into an outcome. A cause goes to the log alone; the queue and the trace see a code.

import { SpanStatusCode, trace } from '@opentelemetry/api'
import { CanaryJob, type QueueDefinition } from '@postern/contracts/queues'
import { formOf } from '@postern/service-kit/form'
import type { Job } from 'bullmq'
import type { TSchema } from 'typebox'
import type { Processor } from '../backend/queue-backend.ts'
import { failed, JobFailure, type JobOutcome, joined, reasonCode, skipped } from '../job-outcome.ts'
import type { QueueLogger } from '../queue-log.ts'
import type { WorkLoad } from './work-load.ts'

export interface JobContext {
  readonly jobId: string
  /** Aborts when the job's lock was lost or the process ends before the job did. */
  readonly signal: AbortSignal
}

/** Is given one part of a job at a time, beside others. */
export type JobHandler<P> = (part: P, context: JobContext) => Promise<JobOutcome>

export interface WorkerMetrics {
  /** One part of a job ended, after `seconds` in this process. A job that is refused counts as one. */
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
  readonly load: WorkLoad
}

export function jobProcessor<S extends TSchema, P>(
  definition: QueueDefinition<S, P>,
  handler: JobHandler<P>,
  { logger, metrics, clock, load }: RunOptions,
): Processor {
  const queue = definition.name
  const form = formOf(definition.job)
  const canary = formOf(CanaryJob)
  const secondsSince = (began: number) => (clock.now().getTime() - began) / 1_000

  function refused(job: Job): JobOutcome {
    const reason = job.name === queue ? 'unknown_job_form' : 'unknown_job_name'
    logger.error({ queue, job_id: job.id ?? '', reason }, 'job refused')
    metrics.finished(queue, 'failed', 0)
    return failed(reason)
  }

  async function outcomeOf(part: P, number: number, context: JobContext): Promise<JobOutcome> {
    const about = { queue, job_id: context.jobId, part: number }
    // It waited for a place until the job was given up: nobody would mark what it does as done, nor wait for it.
    if (context.signal.aborted) return skipped('stopped')
    try {
      const outcome = await handler(part, context)
      if (outcome.kind === 'failed')
        logger.warn({ ...about, reason: reasonCode(outcome.reason) }, 'job failed')
      return outcome
    } catch (err) {
      logger.error({ ...about, err, reason: 'handler_threw' }, 'job failed')
      return failed('handler_threw')
    }
  }

  async function outcomeOfAll(parts: readonly P[], context: JobContext): Promise<JobOutcome> {
    const began = clock.now().getTime()
    const outcomes = parts.map(async (part, number) => {
      const outcome = await load.places.take(() => outcomeOf(part, number, context))
      metrics.finished(queue, outcome.kind, secondsSince(began))
      return outcome
    })
    return joined(await Promise.all(outcomes))
  }

  async function answer(job: Job, signal: AbortSignal): Promise<string> {
    if (canary.fits(job.data)) {
      metrics.canary(queue, Math.max(0, secondsSince(job.data.canary_at)))
      return 'canary'
    }
    const { name, data } = job
    const outcome =
      name === queue && form.fits(data)
        ? await outcomeOfAll(definition.parts(data), { jobId: job.id ?? '', signal })
        : refused(job)
    if (outcome.kind === 'done') return 'done'
    if (outcome.kind === 'skipped') return `skipped:${reasonCode(outcome.reason)}`
    trace.getActiveSpan()?.setStatus({ code: SpanStatusCode.ERROR, message: reasonCode(outcome.reason) })
    throw new JobFailure(outcome.reason)
  }

  // All three parameters must be declared, none with a default: BullMQ counts them before it hands out a signal.
  return async (job, _token, signal) => load.job(() => answer(job, signal ?? new AbortController().signal))
}
