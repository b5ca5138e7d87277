import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Span, SpanStatusCode } from '@opentelemetry/api'
import { InMemorySpanExporter, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace'
import t from 'tap'
import { startTelemetry } from '../src/tracing.ts'
import { ALL, NAMED, PATTERNED, vendorError } from './canaries.ts'

function tellSecrets(span: Span) {
  span.updateName(`GET ${PATTERNED.email}`)
  span.setAttributes({
    'url.path': `/l?token=${NAMED.body}`,
    'url.full': `https://x/l#${NAMED.body}`,
    'url.query': NAMED.body,
    'http.request.header.authorization': NAMED.cookie,
    'db.statement': `SELECT '${NAMED.body}'`,
    'db.query.text': `SELECT '${NAMED.body}'`,
    'job.token': NAMED.password,
    note: [`to ${PATTERNED.email}`, PATTERNED.linkToken],
    'http.route': '/l',
  })
  span.recordException(vendorError(NAMED.body))
  span.addEvent(`sent ${PATTERNED.apiKey}`, { body: NAMED.body })
  span.setStatus({ code: SpanStatusCode.ERROR, message: NAMED.body })
  span.end()
}

/** What arrived, kept over the shutdown that makes the batch leave. */
class Collected extends InMemorySpanExporter {
  readonly spans: ReadableSpan[] = []
  override export(...[spans, done]: Parameters<SpanExporter['export']>) {
    this.spans.push(...spans)
    super.export(spans, done)
  }
}

t.test('spans leave without secrets, and with what operators need', async (t) => {
  const collected = new Collected()
  const telemetry = await startTelemetry({ service: 'test', version: '0', spanExporter: collected })
  telemetry.tracer.startActiveSpan('work', tellSecrets)
  await telemetry.stop(1_000)
  const [span] = collected.spans
  t.ok(span)
  t.match(span?.attributes, { 'url.path': '/l', 'http.route': '/l' })
  t.equal(span?.status.code, SpanStatusCode.ERROR)
  t.equal(span?.events[0]?.attributes?.['exception.type'], 'ECONNRESET')
  const shown = JSON.stringify([span?.name, span?.status, span?.attributes, span?.events])
  for (const secret of ALL) t.notOk(shown.includes(secret), secret)
})

t.test('spans reach a collector over OTLP/HTTP, without secrets on the wire', async (t) => {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    for await (const chunk of request) bodies.push(String(chunk))
    t.equal(request.url, '/v1/traces')
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close().closeAllConnections())
  const otlpEndpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const telemetry = await startTelemetry({ service: 'test', version: '0', otlpEndpoint })
  t.equal(telemetry.tracing, true)
  telemetry.tracer.startActiveSpan('work', tellSecrets)
  await telemetry.stop(5_000)
  const wire = bodies.join('')
  t.match(wire, '"http.route"')
  for (const secret of ALL) t.notOk(wire.includes(secret), secret)
})

t.test('without an endpoint nothing is traced', async (t) => {
  const telemetry = await startTelemetry({ service: 'test', version: '0' })
  t.equal(telemetry.tracing, false)
  telemetry.tracer.startActiveSpan('work', (span) => {
    t.equal(span.isRecording(), false)
    span.end()
  })
  await telemetry.stop(1_000)
})

t.test('stop is bounded when the collector never answers, and idempotent', async (t) => {
  let letGo = () => {}
  const hanging: SpanExporter = {
    export: (_spans, done) => {
      letGo = () => done({ code: 0 })
    },
    shutdown: () => new Promise(() => {}),
  }
  t.teardown(() => letGo())
  const telemetry = await startTelemetry({ service: 'test', version: '0', spanExporter: hanging })
  telemetry.tracer.startSpan('work').end()
  await Promise.all([telemetry.stop(50), telemetry.stop(50)])
  await telemetry.stop(50)
  t.pass('stopped')
})

t.test('a collector that refuses is counted, so that lost traces are seen', async (t) => {
  let refused = () => {}
  const told = new Promise<void>((resolve) => {
    refused = resolve
  })
  const refusing: SpanExporter = {
    export: (_spans, done) => {
      done({ code: 1 })
      refused()
    },
    shutdown: async () => {},
  }
  const telemetry = await startTelemetry({ service: 'test', version: '0', spanExporter: refusing })
  t.teardown(() => telemetry.stop(1_000))
  for (let at = 0; at < 600; at++) telemetry.tracer.startSpan('work').end()
  await told
  t.match(await telemetry.metricsText(), /^postern_trace_export_failures_total [12]$/m)
})
