// Everything the notifier does, wired by name: its jobs, and the probes that tell of them.

import { QUEUES } from '@postern/contracts/queues'
import { assertEveryQueueHandled } from '@postern/queue/handlers'
import { workerMetrics } from '@postern/queue/queue-metrics'
import { checkQueue, checkWorkers } from '@postern/queue/readiness'
import { createWorkers, type Workers } from '@postern/queue/workers'
import { checkDatabase } from '@postern/service-kit/check-database'
import { registerHealth } from '@postern/service-kit/health'
import { createHttpApp, type HttpApp } from '@postern/service-kit/http-app'
import type { NotifierContext } from './context.ts'
import { deliverMessageJob } from './delivery/deliver-message.job.ts'

const WORKED = [QUEUES.deliverEmail, QUEUES.deliverSms]

/** Builds the workers of the service's queues; the caller starts them. */
export function buildWorkers(context: NotifierContext): Workers {
  const { queue, settings, metrics, clock } = context
  const works = [
    {
      queue: QUEUES.deliverEmail,
      handle: deliverMessageJob(context, context.email),
      concurrency: settings.emailConcurrency,
    },
    {
      queue: QUEUES.deliverSms,
      handle: deliverMessageJob(context, context.sms),
      concurrency: settings.smsConcurrency,
    },
  ]
  assertEveryQueueHandled(WORKED, works)
  return createWorkers(queue, works, { metrics: workerMetrics(metrics, clock), clock })
}

/** Builds the HTTP application; the caller listens. */
export async function buildApp(context: NotifierContext, workers: Workers): Promise<HttpApp> {
  const { logger, metrics, telemetry, clock, random } = context
  const app = await createHttpApp({ logger, metrics, telemetry, clock, random })
  registerHealth(app, {
    checks: [
      { name: 'database', check: () => checkDatabase(context.database.db) },
      { name: 'queue', check: () => checkQueue(context.queue) },
      { name: 'workers', check: () => checkWorkers(workers) },
    ],
    metricsText: () => telemetry.metricsText(),
  })
  return app
}
