// Everything the notifier does, by name: its probes, its jobs, and the relay, which runs here too so that mails go out
// when no gateway is left to relay them.

import { QUEUES } from '@postern/contracts/queues'
import { relayStore } from '@postern/db/relay.store'
import { assertEveryQueueHandled } from '@postern/queue/handlers'
import { createProducer } from '@postern/queue/producer'
import { relayMetrics, workerMetrics } from '@postern/queue/queue-metrics'
import { checkQueue } from '@postern/queue/readiness'
import { startRelay } from '@postern/queue/relay'
import { startWorker, type WorkerHandle } from '@postern/queue/worker'
import { type Check, registerHealth } from '@postern/service-kit/health'
import { createHttpApp } from '@postern/service-kit/http-app'
import type { Parts } from '@postern/service-kit/lifecycle'
import type { Context } from './context.ts'
import { deliverMessageJob } from './delivery/deliver-message.job.ts'

const RELAY_STOP_MS = 5_000

/** Starts all of it; answers the address of the probes. Nothing here waits for Postgres or the queue. */
export async function startNotifier(context: Context, parts: Parts): Promise<{ url: string }> {
  const workers: WorkerHandle[] = []
  const url = await startProbes(context, parts, workers)
  startRelaying(context, parts)
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

function startRelaying({ queue, database, metrics, logger, clock, random }: Context, parts: Parts): void {
  const producers = {
    email: createProducer(queue, QUEUES.deliverEmail),
    sms: createProducer(queue, QUEUES.deliverSms),
    events: createProducer(queue, QUEUES.recordEvents),
  }
  parts.add('producers', () => Promise.all(Object.values(producers).map((producer) => producer.close())))
  const relay = startRelay({
    store: relayStore(database.db),
    producers,
    logger,
    metrics: relayMetrics(metrics, clock),
    clock,
    random,
  })
  parts.add('relay', (leftMs) => relay.stop(Math.min(leftMs, RELAY_STOP_MS)))
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
