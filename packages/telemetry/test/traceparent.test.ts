import { InMemorySpanExporter } from '@opentelemetry/sdk-trace'
import t from 'tap'
import { currentTraceparent, traceIdOf, withTraceparent } from '../src/traceparent.ts'
import { startTelemetry } from '../src/tracing.ts'

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

t.test('without tracing there is no traceparent', async (t) => {
  t.equal(currentTraceparent(), null)
  t.equal(withTraceparent(PARENT, currentTraceparent), null)
})

t.test('with tracing a traceparent is carried on, also across awaits', async (t) => {
  const telemetry = await startTelemetry({
    service: 'test',
    version: '0',
    spanExporter: new InMemorySpanExporter(),
  })
  t.teardown(() => telemetry.stop(1_000))
  const seen = await withTraceparent(PARENT, async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return currentTraceparent()
  })
  t.equal(seen, PARENT)
  t.equal(currentTraceparent(), null, 'and ends with its function')
  const child = withTraceparent(PARENT, () =>
    telemetry.tracer.startActiveSpan('child', (span) => {
      span.end()
      return currentTraceparent()
    }),
  )
  t.equal(traceIdOf(child), traceIdOf(PARENT))
  t.not(child, PARENT)
  t.equal(
    withTraceparent(PARENT, () => withTraceparent(null, currentTraceparent)),
    null,
    'null cuts the trace',
  )
})

t.test('a malformed traceparent names no trace', async (t) => {
  const malformed = [
    null,
    '',
    'x',
    `${PARENT}-x`,
    PARENT.toUpperCase(),
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    '01'.concat(PARENT.slice(2)),
  ]
  for (const text of malformed) t.equal(traceIdOf(text), null, String(text))
  t.equal(traceIdOf(PARENT), '0af7651916cd43dd8448eb211c80319c')
})
