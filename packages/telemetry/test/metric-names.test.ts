import t, { type Test } from 'tap'
import { createMetrics, METRICS } from '../src/metric-names.ts'
import { startTelemetry } from '../src/tracing.ts'

async function setup(t: Test) {
  const telemetry = await startTelemetry({ service: 'test', version: '1.2.3' })
  t.teardown(() => telemetry.stop(1_000))
  return { telemetry, metrics: createMetrics(telemetry.meter) }
}

t.test('counters, histograms and gauges appear under their listed names', async (t) => {
  const { telemetry, metrics } = await setup(t)
  metrics.httpRefusals.add(2, { code: 'NOT_FOUND' })
  metrics.httpDuration.record(0.003, { method: 'GET', route: '/x', status: '200' })
  metrics.eventsWaiting.observe(() => 7)
  metrics.eventsOldest.observe(async () => 1.5)
  const text = await telemetry.metricsText()
  t.match(text, 'postern_http_refusals_total{code="NOT_FOUND"} 2')
  t.match(
    text,
    'postern_http_request_duration_seconds_bucket{method="GET",route="/x",status="200",le="0.005"} 1',
  )
  t.match(text, /^postern_events_waiting 7$/m)
  t.match(text, /^postern_events_oldest_seconds 1.5$/m)
  t.match(text, `# HELP postern_events_waiting ${METRICS.eventsWaiting.help}`)
})

t.test('a gauge that cannot be read is absent and spoils no other', async (t) => {
  const { telemetry, metrics } = await setup(t)
  metrics.eventsWaiting.observe(() => Promise.reject(new Error('database down')))
  metrics.deliveriesWaiting.observe(() => 3)
  const text = await telemetry.metricsText()
  t.match(text, /^postern_deliveries_waiting 3$/m)
  t.notMatch(text, /^postern_events_waiting /m)
})

t.test('names follow Prometheus: unique, counters end in _total, times in _seconds', async (t) => {
  const all = Object.values(METRICS)
  t.equal(new Set(all.map((metric) => metric.name)).size, all.length)
  for (const { name, type, help } of all) {
    t.match(name, /^postern_[a-z_]+$/)
    t.equal(name.endsWith('_total'), type === 'counter', name)
    if (type === 'histogram') t.match(name, /_seconds$/)
    t.match(help, /\.$/)
  }
})

t.test('the process reports itself', async (t) => {
  const { telemetry } = await setup(t)
  const text = await telemetry.metricsText()
  for (const name of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'process_start_time_seconds',
    'nodejs_heap_used_bytes',
    'nodejs_eventloop_utilization',
  ])
    t.match(text, new RegExp(`^${name} [0-9.e+-]+$`, 'm'))
  t.match(text, 'target_info{service_name="test",service_version="1.2.3",service_namespace="postern"} 1')
})
