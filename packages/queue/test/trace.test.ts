// The trace of a request goes on in the job that it caused, and a failed job shows as an error without its cause.

import { SpanStatusCode } from '@opentelemetry/api'
import { QUEUES } from '@postern/contracts/queues'
import { currentTraceparent, traceIdOf } from '@postern/telemetry/traceparent'
import { startTelemetry, type TelemetryOptions } from '@postern/telemetry/tracing'
import { until } from '@postern/testkit/poll'
import { testRedis } from '@postern/testkit/redis'
import t from 'tap'
import { addWhenUp, carriedBy, deliverJob, openParts, seconds } from './backend/rig.ts'

type Exporter = NonNullable<TelemetryOptions['spanExporter']>
type Span = Parameters<Exporter['export']>[0][number]

const spans: Span[] = []
const spanExporter: Exporter = {
  export(batch, report) {
    spans.push(...batch)
    report({ code: 0 })
  },
  forceFlush: async () => {},
  shutdown: async () => {},
}

t.test('each job of a batch runs in the trace of its own request', async (t) => {
  const telemetry = await startTelemetry({ service: 'queue-test', version: '0', spanExporter })
  const { url } = await testRedis(t)
  const { producer, work, finished } = await openParts(t, url)
  const seen = new Map<string, string | null>()
  const worker = work(async ({ delivery_id: id }) => {
    seen.set(id, traceIdOf(currentTraceparent()))
    return id === carriedBy(failing) ? { kind: 'failed', reason: 'on_purpose' } : { kind: 'done' }
  })
  const traces = ['0af7651916cd43dd8448eb211c80319c', '1bf7651916cd43dd8448eb211c80319d']
  const [traced, failing] = [
    deliverJob({ traceparent: `00-${traces[0]}-b7ad6b7169203331-01` }),
    deliverJob({ traceparent: `00-${traces[1]}-b7ad6b7169203332-01` }),
  ] as const
  const untraced = deliverJob()
  const garbled = deliverJob({ traceparent: '00-garbled' })
  await telemetry.tracer.startActiveSpan('the relay', async (span) => {
    await addWhenUp(producer, [traced, failing, untraced, garbled])
    span.end()
  })
  await until(() => finished.length === 4, seconds(30))
  t.equal(seen.get(carriedBy(traced)), traces[0])
  t.equal(seen.get(carriedBy(failing)), traces[1])
  const own = [untraced, garbled].map((job) => seen.get(carriedBy(job)))
  t.equal(new Set([...own, ...traces]).size, 4, 'the others have traces of their own')
  await worker.drain(2_000)
  await telemetry.stop(2_000)
  const failed = spans.filter((span) => span.status.code === SpanStatusCode.ERROR)
  t.same(
    failed.map((span) => [span.name, span.spanContext().traceId]),
    [[`process ${QUEUES.deliverEmail.name}`, traces[1]]],
  )
})
