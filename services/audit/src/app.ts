// Everything the audit service does, wired by name: its routes and its jobs.

import { QUEUES } from '@postern/contracts/queues'
import { assertEveryQueueHandled } from '@postern/queue/handlers'
import { workerMetrics } from '@postern/queue/queue-metrics'
import { checkQueue, checkWorkers } from '@postern/queue/readiness'
import { createWorkers, type Workers } from '@postern/queue/workers'
import { checkDatabase } from '@postern/service-kit/check-database'
import { registerHealth } from '@postern/service-kit/health'
import { createHttpApp, type HttpApp } from '@postern/service-kit/http-app'
import { registerOpenapi } from '@postern/service-kit/openapi'
import { VERSION } from '@postern/service-kit/version'
import type { AuditContext } from './context.ts'
import { getEventRoute } from './event/get-event.route.ts'
import { listEventsRoute } from './event/list-events.route.ts'
import { recordEventsJob } from './event/record-events.job.ts'

const ROUTES = [listEventsRoute, getEventRoute]
const WORKED = [QUEUES.recordEvents]

/** Builds the workers of the service's queues; the caller starts them. */
export function buildWorkers(context: AuditContext): Workers {
  const { queue, settings, metrics, clock } = context
  const { concurrency } = settings
  const works = [{ queue: QUEUES.recordEvents, handle: recordEventsJob(context), concurrency }]
  assertEveryQueueHandled(WORKED, works)
  return createWorkers(queue, works, { metrics: workerMetrics(metrics, clock), clock })
}

/** Builds the HTTP application; the caller listens. */
export async function buildApp(context: AuditContext, workers: Workers): Promise<HttpApp> {
  const { logger, metrics, telemetry, clock, random, settings } = context
  const app = await createHttpApp({
    logger,
    metrics,
    telemetry,
    clock,
    random,
    trustProxy: settings.trustedProxies,
  })
  await registerOpenapi(app, {
    title: 'Postern audit',
    description: 'Keeps the trail of what happened and shows each tenant its own.',
    version: VERSION,
  })
  registerHealth(app, {
    checks: [
      { name: 'database', check: () => checkDatabase(context.database.db) },
      { name: 'queue', check: () => checkQueue(context.queue) },
      { name: 'workers', check: () => checkWorkers(workers) },
    ],
    metricsText: () => telemetry.metricsText(),
  })
  for (const route of ROUTES) route(app, context)
  return app
}
