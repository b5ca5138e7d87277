// Everything the audit service does, wired by name: its jobs and its routes.

import { QUEUES } from '@postern/contracts/queues'
import { assertEveryQueueHandled } from '@postern/queue/handlers'
import { workerMetrics } from '@postern/queue/queue-metrics'
import { checkQueue } from '@postern/queue/readiness'
import { startWorker, type WorkerHandle } from '@postern/queue/worker'
import { checkDatabase } from '@postern/service-kit/check-database'
import { type Check, registerHealth } from '@postern/service-kit/health'
import { createHttpApp, type HttpApp } from '@postern/service-kit/http-app'
import type { Parts } from '@postern/service-kit/lifecycle'
import { registerOpenapi } from '@postern/service-kit/openapi'
import type { AuditContext } from './context.ts'
import { getEventRoute } from './event/get-event.route.ts'
import { listEventsRoute } from './event/list-events.route.ts'
import { recordEventsJob } from './event/record-events.job.ts'

export const VERSION = '0.1.0'

const ROUTES = [listEventsRoute, getEventRoute]

/** Starts working the service's queues. Returns at once, whether their backend answers or not. */
export function startJobs(context: AuditContext, parts: Parts): WorkerHandle[] {
  const { queue: connection, config, clock } = context
  const jobs = [{ queue: QUEUES.recordEvents, handle: recordEventsJob(context) }]
  assertEveryQueueHandled([QUEUES.recordEvents], jobs)
  const settings = { concurrency: config.concurrency, metrics: workerMetrics(context.metrics), clock }
  return jobs.map(({ queue, handle }) => {
    const worker = startWorker(connection, queue, handle, settings)
    parts.add(`worker ${queue.name}`, (leftMs) => worker.drain(leftMs))
    return worker
  })
}

/** Builds the HTTP application; the caller listens. */
export async function buildApp(context: AuditContext, workers: readonly WorkerHandle[]): Promise<HttpApp> {
  const { logger, metrics, telemetry, clock, random, config } = context
  const trustProxy = config.trustedProxies
  const app = await createHttpApp({ logger, metrics, telemetry, clock, random, trustProxy })
  await registerOpenapi(app, {
    title: 'Postern audit',
    description: 'Keeps the trail of what happened and shows each tenant its own.',
    version: VERSION,
  })
  registerHealth(app, { checks: checks(context, workers), metricsText: () => telemetry.metricsText() })
  for (const route of ROUTES) route(app, context)
  return app
}

function checks({ database, queue }: AuditContext, workers: readonly WorkerHandle[]): Check[] {
  const working = () => workers.every((worker) => worker.ready())
  return [
    { name: 'database', check: () => checkDatabase(database.db) },
    { name: 'queue', check: () => checkQueue(queue) },
    {
      name: 'workers',
      check: async () => (working() ? { ok: true } : { ok: false, reason: 'a worker takes no jobs' }),
    },
  ]
}
