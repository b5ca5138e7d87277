import { currentTraceparent, traceIdOf } from '@postern/telemetry/traceparent'
import { startTelemetry, type TelemetryOptions } from '@postern/telemetry/tracing'
import t, { type Test } from 'tap'
import { setup } from '../http-app.setup.ts'

type Exporter = NonNullable<TelemetryOptions['spanExporter']>
type Spans = Parameters<Exporter['export']>[0]

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

async function traced(t: Test) {
  const spans: Spans = []
  const spanExporter: Exporter = {
    export: (batch, done) => {
      spans.push(...batch)
      done({ code: 0 })
    },
    shutdown: async () => {},
  }
  const telemetry = await startTelemetry({ service: 'test', version: '0', spanExporter })
  const fixture = await setup(t, { telemetry })
  fixture.app.post('/v1/trace/:id', {}, async (request) => {
    await new Promise((resolve) => setImmediate(resolve))
    request.log.info('inside')
    return { traceparent: currentTraceparent() }
  })
  return { ...fixture, flushed: () => telemetry.stop(1_000).then(() => spans) }
}

t.test("a handler runs inside its request span, which carries on the caller's trace", async (t) => {
  const { app, logs, flushed } = await traced(t)
  const response = await app.inject({ method: 'POST', url: '/v1/trace/1', headers: { traceparent: PARENT } })
  const { traceparent } = response.json()
  t.equal(traceIdOf(traceparent), traceIdOf(PARENT))
  t.match(
    logs.lines().find(({ msg }) => msg === 'inside'),
    { trace_id: traceIdOf(PARENT) },
  )
  const [span] = await flushed()
  t.equal(span?.name, 'POST /v1/trace/:id')
  t.equal(span?.spanContext().spanId, traceparent.split('-')[2])
  t.match(span?.attributes, { 'http.route': '/v1/trace/:id', 'http.response.status_code': 200 })
})

t.test('spans hold no query string, header, body or message', async (t) => {
  const { app, throwing, flushed } = await traced(t)
  throwing.error = new Error('canary')
  const headers = { authorization: 'Bearer canary', cookie: 'canary' }
  await app.inject({ url: '/v1/things?limit=canary', headers })
  await app.inject({ method: 'POST', url: '/v1/things', headers, payload: { name: 'canary' } })
  await app.inject('/v1/throws')
  await app.inject('/v1/things/canary')
  const spans = await flushed()
  t.equal(spans.length, 4)
  t.notMatch(
    JSON.stringify(spans.map((span) => [span.name, span.attributes, span.events, span.status])),
    'canary',
  )
  t.match(
    spans.map((span) => span.attributes['error.type']),
    ['VALIDATION_FAILED', undefined, 'INTERNAL', 'VALIDATION_FAILED'],
  )
})

t.test('probes make no spans', async (t) => {
  const { app, flushed } = await traced(t)
  app.get('/probe', { config: { quiet: true } }, async () => ({}))
  await app.inject('/probe')
  t.same(await flushed(), [])
})

t.test('without tracing a request has no traceparent', async (t) => {
  const { app } = await setup(t)
  app.get('/v1/trace', {}, async () => ({ traceparent: currentTraceparent() }))
  const response = await app.inject({ url: '/v1/trace', headers: { traceparent: PARENT } })
  t.same(response.json(), { traceparent: null })
})
