// The closed list of our metrics: name, help, labels. A label that is not listed does not compile, and no label ever
// holds something a client can choose freely: routes are patterns, codes and reasons come from closed lists.

import type { Meter } from '@opentelemetry/api'
import { DELIVERY_METRICS } from './delivery-metric-names.ts'
import { instrumentOf } from './metric-instrument.ts'

export const METRICS = {
  httpDuration: {
    name: 'postern_http_request_duration_seconds',
    type: 'histogram',
    help: 'Time from the request to the end of its answer.',
    labels: ['method', 'route', 'status'],
  },
  httpRefusals: {
    name: 'postern_http_refusals_total',
    type: 'counter',
    help: 'Requests answered with an error, by its public code.',
    labels: ['code'],
  },
  apiKeyLookups: {
    name: 'postern_api_key_lookups_total',
    type: 'counter',
    help: 'API keys looked up, by where the answer came from: cache, database, or database because the feed was stale.',
    labels: ['source'],
  },
  feedFailures: {
    name: 'postern_revocation_feed_failures_total',
    type: 'counter',
    help: 'Polls of the revocation feed that failed.',
    labels: [],
  },
  limitHits: {
    name: 'postern_limit_hits_total',
    type: 'counter',
    help: 'Requests refused by a limit.',
    labels: ['limit'],
  },
  challengesIssued: {
    name: 'postern_challenges_issued_total',
    type: 'counter',
    help: 'Links and codes issued.',
    labels: ['kind', 'purpose'],
  },
  challengesVerified: {
    name: 'postern_challenges_verified_total',
    type: 'counter',
    help: 'Links and codes presented, by what came of it.',
    labels: ['kind', 'outcome'],
  },
  cancelFailures: {
    name: 'postern_delivery_cancel_failures_total',
    type: 'counter',
    help: 'Messages of a link or code just proven that could not be cancelled; each is left to its next claim.',
    labels: [],
  },
  sessionsRefreshed: {
    name: 'postern_session_refreshes_total',
    type: 'counter',
    help: 'Refresh tokens presented, by what came of it. An alarm watches refresh_reused.',
    labels: ['outcome'],
  },
  sessionLookups: {
    name: 'postern_session_lookups_total',
    type: 'counter',
    help: 'Sessions looked up for an access check, by where the answer came from: cache, database, or database because the feed was stale.',
    labels: ['source'],
  },
  accessChecks: {
    name: 'postern_access_checks_total',
    type: 'counter',
    help: 'Requests that a proxy asked about, by what it was answered.',
    labels: ['outcome'],
  },
  ...DELIVERY_METRICS,
  relayMoved: {
    name: 'postern_relay_moved_total',
    type: 'counter',
    help: 'Rows handed to a queue.',
    labels: ['queue'],
  },
  deliveriesReconciled: {
    name: 'postern_deliveries_reconciled_total',
    type: 'counter',
    help: 'Deliveries that the relay took up again: lost by the queue, or with a worker whose lease ended.',
    labels: ['queue', 'reason'],
  },
  relayFailures: {
    name: 'postern_relay_failures_total',
    type: 'counter',
    help: 'Rounds of the relay that failed.',
    labels: ['stage'],
  },
  queueJobs: {
    name: 'postern_queue_jobs_total',
    type: 'counter',
    help: 'Deliveries and batches of events that were taken out of a queue, by outcome.',
    labels: ['queue', 'outcome'],
  },
  queueJobDuration: {
    name: 'postern_queue_job_duration_seconds',
    type: 'histogram',
    help: 'Time that a delivery or a batch of events took, and its wait for a place.',
    labels: ['queue'],
  },
  queueCanary: {
    name: 'postern_queue_canary_seconds',
    type: 'histogram',
    help: 'Time a canary spent in its queue before this process took it.',
    labels: ['queue'],
  },
  queueCanaryTaken: {
    name: 'postern_queue_canary_taken_timestamp_seconds',
    type: 'gauge',
    help: 'When this process last took a canary. An alarm watches time() minus the newest over all processes.',
    labels: ['queue'],
  },
  eventsRecorded: {
    name: 'postern_events_recorded_total',
    type: 'counter',
    help: 'Events moved into the audit trail.',
    labels: [],
  },
  retentionPurged: {
    name: 'postern_retention_purged_total',
    type: 'counter',
    help: 'Rows removed because they ended long ago.',
    labels: [],
  },
  retentionFailures: {
    name: 'postern_retention_failures_total',
    type: 'counter',
    help: 'Passes of the removal that failed; each is tried again.',
    labels: [],
  },
  retentionEnded: {
    name: 'postern_retention_ended_timestamp_seconds',
    type: 'gauge',
    help: 'When everything that ended long ago was last removed, by any process.',
    labels: [],
  },
  deliveriesWaiting: {
    name: 'postern_deliveries_waiting',
    type: 'gauge',
    help: 'Deliveries that are due and not finished.',
    labels: [],
  },
  deliveriesOldest: {
    name: 'postern_deliveries_oldest_seconds',
    type: 'gauge',
    help: 'How long the oldest unfinished delivery has been due.',
    labels: [],
  },
  deadLetters: {
    name: 'postern_dead_letters',
    type: 'gauge',
    help: 'Dead letters that can still be driven again.',
    labels: [],
  },
  eventsWaiting: {
    name: 'postern_events_waiting',
    type: 'gauge',
    help: 'Events that are not yet in the audit trail.',
    labels: [],
  },
  eventsOldest: {
    name: 'postern_events_oldest_seconds',
    type: 'gauge',
    help: 'Age of the oldest event that is not yet in the audit trail.',
    labels: [],
  },
  feedAge: {
    name: 'postern_revocation_feed_age_seconds',
    type: 'gauge',
    help: 'Time since the revocation feed was last read.',
    labels: [],
  },
} as const satisfies Record<string, MetricDefinition>

interface MetricDefinition {
  readonly name: `postern_${string}`
  readonly type: 'counter' | 'histogram' | 'gauge'
  readonly help: string
  readonly labels: readonly string[]
}

type LabelsOf<D extends MetricDefinition> = Record<D['labels'][number], string>

/** Nothing to say where a metric has no labels. */
type LabelsNeeded<D extends MetricDefinition> = D['labels'] extends readonly [] ? [] : [LabelsOf<D>]

/** Seconds for a histogram; a gauge's callback runs when the metrics are read and may be slow to answer. */
type InstrumentOf<D extends MetricDefinition> = D['type'] extends 'counter'
  ? { add(count: number, labels: LabelsOf<D>): void }
  : D['type'] extends 'histogram'
    ? { record(value: number, labels: LabelsOf<D>): void }
    : { observe(read: () => number | Promise<number>, ...labels: LabelsNeeded<D>): void }

export type Metrics = { readonly [K in keyof typeof METRICS]: InstrumentOf<(typeof METRICS)[K]> }

/** Makes every instrument of the list on one meter. Times are in seconds. */
export function createMetrics(meter: Meter): Metrics {
  const entries = Object.entries(METRICS).map(([key, definition]) => [key, instrumentOf(meter, definition)])
  return Object.fromEntries(entries) as Metrics
}
