// The relay's and the workers' figures, put on the closed list of metrics.

import type { Metrics } from '@postern/telemetry/metric-names'
import type { WorkerMetrics } from './job/run-job.ts'
import type { Channel, RelayGauges, RelayMetrics } from './relay/relay-store.ts'

/** A backlog measured longer ago than this is shown as no number: an old figure would look like a calm one. */
const FRESH_MS = 15_000

const queueOf = (channel: Channel) => `deliver-${channel}`

/** Make it once a process: it registers the gauges. */
export function relayMetrics(metrics: Metrics, clock: { now(): Date }): RelayMetrics {
  let seen: { gauges: RelayGauges; at: number } | undefined
  const show = (name: keyof RelayGauges) => () => {
    // Before the first measure there is no series at all; later one must stay, or its last value would.
    if (seen === undefined) throw new Error('nothing measured yet')
    return clock.now().getTime() - seen.at > FRESH_MS ? Number.NaN : seen.gauges[name]
  }
  const reconciled = (channel: Channel, reason: string, count: number) =>
    metrics.deliveriesReconciled.add(count, { queue: queueOf(channel), reason })
  metrics.deliveriesWaiting.observe(show('pending'))
  metrics.deliveriesOldest.observe(show('oldestPendingSeconds'))
  metrics.eventsWaiting.observe(show('events'))
  metrics.eventsOldest.observe(show('oldestEventSeconds'))
  metrics.deadLetters.observe(show('deadLetters'))
  return {
    queued: (channel, count) => metrics.relayMoved.add(count, { queue: queueOf(channel) }),
    redriven: (channel, count) => reconciled(channel, 'lost_by_queue', count),
    leasesEnded: (channel, count) => reconciled(channel, 'lease_ended', count),
    eventsQueued: (count) => metrics.relayMoved.add(count, { queue: 'record-events' }),
    expired: () => undefined,
    failed: (where) => metrics.relayFailures.add(1, { stage: where }),
    backlog: (gauges) => {
      seen = { gauges, at: clock.now().getTime() }
    },
    round: () => undefined,
  }
}

export function workerMetrics(metrics: Metrics, clock: { now(): Date }): WorkerMetrics {
  const taken = new Map<string, number>()
  return {
    canary(queue, seconds) {
      metrics.queueCanary.record(seconds, { queue })
      // A queue that gave no canary yet has no series: that, too, is an alarm.
      if (!taken.has(queue)) metrics.queueCanaryTaken.observe(() => taken.get(queue) ?? Number.NaN, { queue })
      taken.set(queue, clock.now().getTime() / 1_000)
    },
    finished(queue, outcome, seconds) {
      metrics.queueJobs.add(1, { queue, outcome })
      metrics.queueJobDuration.record(seconds, { queue })
    },
    replaced: (queue) => metrics.queueJobs.add(1, { queue, outcome: 'worker_replaced' }),
  }
}
