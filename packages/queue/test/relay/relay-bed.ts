// A relay between a store in memory and queues in memory, for what needs no backend.

import { randomUUID } from 'node:crypto'
import type { DeliverJob } from '@postern/contracts/queues'
import { capturedLogger } from '@postern/testkit/captured-logs'
import type { TestScope } from '@postern/testkit/postgres'
import type { NewJob, Producer } from '../../src/producer.ts'
import { QueueError } from '../../src/queue-error.ts'
import type { DrivenDelivery, RelayMetrics } from '../../src/relay/relay-store.ts'
import { type RelayOptions, startRelay } from '../../src/relay.ts'
import { memoryStore } from './memory-store.ts'

export const systemRandom = { uuid: () => randomUUID() }
export const systemClock = { now: () => new Date() }

/**
 * A producer that keeps its jobs in a map, and can be made to fail.
 * @param sizeOf what a job counts for in `adds`
 */
export function memoryProducer<T>(sizeOf: (data: T) => number = () => 1) {
  const jobs = new Map<string, NewJob<T>>()
  const state = { ready: true, fails: false, adds: [] as number[], canaries: [] as Date[] }
  const check = () => {
    if (state.fails) throw new QueueError('QUEUE_UNAVAILABLE', 'OOM')
  }
  const producer: Producer<T> = {
    ready: () => state.ready,
    async addBulk(added) {
      state.adds.push(added.reduce((sum, job) => sum + sizeOf(job.data), 0))
      check()
      for (const job of added) jobs.set(job.id, job)
    },
    async oldest() {
      check()
      const [next] = jobs.values()
      return next?.data ?? null
    },
    async addCanary(now) {
      check()
      state.canaries.push(now)
    },
    async close() {},
  }
  return { producer, jobs, state }
}

export function countingMetrics() {
  const counts = {
    queued: 0,
    redriven: 0,
    leasesEnded: 0,
    eventsQueued: 0,
    expired: 0,
    store: 0,
    queue: 0,
    rounds: 0,
    backlogs: 0,
  }
  const metrics: RelayMetrics = {
    queued: (_channel, count) => {
      counts.queued += count
    },
    redriven: (_channel, count) => {
      counts.redriven += count
    },
    leasesEnded: (_channel, count) => {
      counts.leasesEnded += count
    },
    eventsQueued: (count) => {
      counts.eventsQueued += count
    },
    expired: (count) => {
      counts.expired += count
    },
    failed: (where) => {
      counts[where] += 1
    },
    backlog: () => {
      counts.backlogs += 1
    },
    round: () => {
      counts.rounds += 1
    },
  }
  return { counts, metrics }
}

/** The job of one delivery that was queued for the first time. */
export const jobOf = ({
  tenantId,
  deliveryId,
  queuedAt,
  traceparent,
}: DrivenDelivery): NewJob<DeliverJob> => ({
  id: `${deliveryId}.1`,
  data: {
    v: 2,
    queued_at: queuedAt.getTime(),
    deliveries: [{ tenant_id: tenantId, delivery_id: deliveryId }],
  },
  traceparent,
})

/** Counts deliveries, not jobs, and tells which it was given, in their order. */
function deliverProducer() {
  const memory = memoryProducer<DeliverJob>(({ deliveries }) => deliveries.length)
  const parts = () => [...memory.jobs.values()].flatMap((job) => job.data.deliveries)
  return { ...memory, carried: () => parts().map((part) => part.delivery_id) }
}

export function relayBed(
  t: TestScope,
  options: { aheadMs?: number; pollMs?: number; batch?: number; clock?: { now(): Date } } = {},
) {
  const { aheadMs, clock = systemClock, ...pace } = options
  const memory = memoryStore(aheadMs === undefined ? {} : { aheadMs })
  const email = deliverProducer()
  const sms = deliverProducer()
  const events = memoryProducer<{ v: 1; event_ids: string[] }>()
  const logs = capturedLogger('relay-test')
  const { counts, metrics } = countingMetrics()
  const start = (failpoint?: NonNullable<RelayOptions['failpoint']>) => {
    const relay = startRelay({
      store: memory.store,
      producers: { email: email.producer, sms: sms.producer, events: events.producer },
      logger: logs.logger,
      metrics,
      clock,
      random: systemRandom,
      ...(failpoint && { failpoint }),
      ...pace,
    })
    t.teardown(() => relay.stop(1_000))
    return relay
  }
  return { memory, email, sms, events, logs, counts, metrics, start }
}
