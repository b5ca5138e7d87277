// Everything the notifier does, by name: its probes and its jobs.

import { QUEUES } from '@postern/contracts/queues'
import { assertEveryQueueHandled } from '@postern/queue/handlers'
import { workerMetrics } from '@postern/queue/queue-metrics'
import { checkQueue } from '@postern/queue/readiness'
import { startWorker, type WorkerHandle } from '@postern/queue/worker'
import { type Check, registerHealth } from '@postern/service-kit/health'
import { createHttpApp } from '@postern/service-kit/http-app'
import type { Parts } from '@postern/service-kit/lifecycle'
import type { Context } from './context.ts'
import { deliverMessageJob } from './delivery/deliver-message.job.ts'

/** Starts all of it; answers the address of the probes. Nothing here waits for Postgres or the queue. */
export async function startNotifier(context: Context, parts: Parts): Promise<{ url: string }> {
  const workers: WorkerHandle[] = []
  const url = await startProbes(context, parts, workers)
  workers.push(...startWorkers(context, parts))
  return { url }
}

function startWorkers(context: Context, parts: Parts): WorkerHandle[] {
  const jobs = [{ queue: QUEUES.deliverEmail, handle: deliverMessageJob(context, context.email) }]
  assertEveryQueueHandled([QUEUES.deliverEmail], jobs)
  const settings = {
    concurrency: context.settings.concurrency,
    metrics: workerMetrics(context.metrics),
    clock: context.clock,
  }
  return jobs.map(({ queue, handle }) => {
    const worker = startWorker(context.queue, queue, handle, settings)
    parts.add(`worker ${queue.name}`, (leftMs) => worker.drain(leftMs))
    return worker
  })
}

/** Added before the work, so that it is closed after it: the probes answer while the notifier drains. */
async function startProbes(
  context: Context,
  parts: Parts,
  workers: readonly WorkerHandle[],
): Promise<string> {
  const { logger, telemetry, metrics, clock, random, settings } = context
  const app = await createHttpApp({ logger, telemetry, metrics, clock, random })
  parts.add('probes', () => app.close())
  registerHealth(app, { checks: checks(context, workers), metricsText: () => telemetry.metricsText() })
  return app.listen({ host: settings.host, port: settings.port })
}

function checks({ database, queue }: Context, workers: readonly WorkerHandle[]): Check[] {
  return [
    {
      name: 'database',
      async check() {
        await database.pool.query('SELECT FROM deliveries LIMIT 0')
        return { ok: true }
      },
    },
    { name: 'queue', check: () => checkQueue(queue) },
    {
      name: 'workers',
      check: async () => {
        const ready = workers.length > 0 && workers.every((worker) => worker.ready())
        return ready ? { ok: true } : { ok: false, reason: 'a worker takes no jobs' }
      },
    },
  ]
}
