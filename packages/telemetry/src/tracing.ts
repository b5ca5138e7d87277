// OpenTelemetry of one process: metrics always, read on demand; traces only when there is somewhere to send them.
// Nothing is patched: what wants a span asks for one.

import { context, type Meter, propagation, type Tracer, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import { observeProcess } from './process-metrics.ts'
import { ScrubbingExporter } from './scrubbing-exporter.ts'

export interface TelemetryOptions {
  service: string
  version: string
  /** Base URL of an OTLP/HTTP collector, as http://collector:4318; without it nothing is traced. */
  otlpEndpoint?: string
  /** Takes the spans instead of a collector (tests). */
  spanExporter?: SpanExporter
}

export interface Telemetry {
  /** Whether spans are recorded; when false the tracer makes none and traceparents are null. */
  readonly tracing: boolean
  readonly tracer: Tracer
  readonly meter: Meter
  /** All metrics in Prometheus' text format, version 0.0.4. */
  metricsText(): Promise<string>
  /** Sends what is left and lets go, within `deadlineMs`; never throws. A second call does nothing. */
  stop(deadlineMs: number): Promise<void>
}

class OnDemandReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** Starts telemetry; one per process, because the tracer provider is registered for all libraries. */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  const resource = resourceFromAttributes({
    'service.name': options.service,
    'service.version': options.version,
    'service.namespace': 'postern',
  })
  const reader = new OnDemandReader()
  const meters = new MeterProvider({ resource, readers: [reader] })
  const meter = meters.getMeter('postern')
  observeProcess(meter)
  const serializer = new PrometheusSerializer(undefined, false, undefined, false, true)
  const tracers = startTracing(options, resource, meter)
  let stopping: Promise<void> | undefined

  return {
    tracing: tracers !== undefined,
    tracer: (tracers ?? trace).getTracer('postern'),
    meter,
    metricsText: async () =>
      serializer.serialize((await reader.collect({ timeoutMillis: 1_000 })).resourceMetrics),
    stop: (deadlineMs) => {
      stopping ??= stopAll(tracers, meters, deadlineMs)
      return stopping
    },
  }
}

function startTracing(
  options: TelemetryOptions,
  resource: Resource,
  meter: Meter,
): TracerProvider | undefined {
  const target = options.spanExporter ?? exporterTo(options.otlpEndpoint)
  if (target === undefined) return undefined
  const failures = meter.createCounter('postern_trace_export_failures_total', {
    description: 'Batches of spans that the collector did not take.',
  })
  const exporter = new ScrubbingExporter(target, () => failures.add(1))
  const tracers = new TracerProvider({ resource, spanProcessors: [new BatchSpanProcessor({ exporter })] })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  // Trace context only: baggage would carry strangers' values into our spans and jobs.
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(tracers)
  return tracers
}

function exporterTo(endpoint: string | undefined): SpanExporter | undefined {
  if (endpoint === undefined || endpoint === '') return undefined
  return new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces`, timeoutMillis: 5_000 })
}

async function stopAll(
  tracers: TracerProvider | undefined,
  meters: MeterProvider,
  deadlineMs: number,
): Promise<void> {
  const flushed = Promise.allSettled([tracers?.shutdown(), meters.shutdown()])
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, deadlineMs)
  })
  await Promise.race([flushed, deadline])
  clearTimeout(timer)
  if (tracers === undefined) return
  trace.disable()
  context.disable()
  propagation.disable()
}
