// The figures reach the closed list of metrics, and an old backlog is not shown as a present one.

import { createMetrics } from '@postern/telemetry/metric-names'
import { startTelemetry } from '@postern/telemetry/tracing'
import { manualClock } from '@postern/testkit/manual-clock'
import t from 'tap'
import { relayMetrics, workerMetrics } from '../src/queue-metrics.ts'

t.test('what the relay and the workers do can be read', async (t) => {
  const telemetry = await startTelemetry({ service: 'queue-test', version: '0' })
  const clock = manualClock()
  const metrics = createMetrics(telemetry.meter)
  const relay = relayMetrics(metrics, clock)
  const worker = workerMetrics(metrics, clock)
  t.notMatch(await telemetry.metricsText(), /^postern_deliveries_waiting /m, 'nothing was measured yet')
  relay.queued('email', 3)
  relay.redriven('sms', 2)
  relay.leasesEnded('email', 1)
  relay.eventsQueued(5)
  relay.failed('store')
  relay.backlog({ pending: 4, oldestPendingSeconds: 1.5, events: 6, oldestEventSeconds: 2.5, deadLetters: 7 })
  worker.finished('deliver-email', 'skipped', 0.2)
  worker.replaced('deliver-sms')
  t.notMatch(await telemetry.metricsText(), /^postern_queue_canary_taken/m, 'no canary was taken yet')
  worker.canary('deliver-sms', 0.4)
  worker.canary('deliver-sms', 0.2)
  const text = await telemetry.metricsText()
  for (const line of [
    /^postern_relay_moved_total\{queue="deliver-email"\} 3$/m,
    /^postern_relay_moved_total\{queue="record-events"\} 5$/m,
    /^postern_deliveries_reconciled_total\{queue="deliver-sms",reason="lost_by_queue"\} 2$/m,
    /^postern_deliveries_reconciled_total\{queue="deliver-email",reason="lease_ended"\} 1$/m,
    /^postern_dead_letters(\{\})? 7$/m,
    /^postern_relay_failures_total\{stage="store"\} 1$/m,
    /^postern_deliveries_waiting(\{\})? 4$/m,
    /^postern_deliveries_oldest_seconds(\{\})? 1.5$/m,
    /^postern_events_waiting(\{\})? 6$/m,
    /^postern_events_oldest_seconds(\{\})? 2.5$/m,
    /^postern_queue_canary_seconds_count\{queue="deliver-sms"\} 2$/m,
    new RegExp(
      `^postern_queue_canary_taken_timestamp_seconds\\{queue="deliver-sms"\\} ${clock.now().getTime() / 1_000}$`,
      'm',
    ),
    /^postern_queue_jobs_total\{queue="deliver-email",outcome="skipped"\} 1$/m,
    /^postern_queue_jobs_total\{queue="deliver-sms",outcome="worker_replaced"\} 1$/m,
  ]) {
    t.match(text, line)
  }
  clock.advance(16_000)
  t.match(await telemetry.metricsText(), /^postern_deliveries_waiting(\{\})? NaN$/m)
  await telemetry.stop(1_000)
})
