// OpenTelemetry of one process: metrics always, read on demand; traces only when there is somewhere to send them.
// Nothing is patched: what wants a span asks for one.

import { context, type Meter, propagation, type Tracer, trace } from '@opentelemetry/api'
import type { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import type { SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import { observeProcess } from './process-metrics.ts'

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
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const resource = resourceFromAttributes({
    'service.name': options.service,
    'service.version': options.version,
    'service.namespace': 'postern',
  })
  const reader = new OnDemandReader()
  const meters = new MeterProvider({ resource, readers: [reader] })
  const meter = meters.getMeter('postern')
  observeProcess(meter)
  let serializer: PrometheusSerializer | undefined
  const target = options.spanExporter ?? options.otlpEndpoint
  const tracers = target
    ? (await import('./span-export.ts')).startTracing(target, resource, meter)
    : undefined
  let stopping: Promise<void> | undefined

  return {
    tracing: tracers !== undefined,
    tracer: (tracers ?? trace).getTracer('postern'),
    meter,
    metricsText: async () => {
      serializer ??= await openSerializer()
      return serializer.serialize((await reader.collect({ timeoutMillis: 1_000 })).resourceMetrics)
    },
    stop: (deadlineMs) => {
      stopping ??= stopAll(tracers, meters, deadlineMs)
      return stopping
    },
  }
}

/** Loaded when metrics are first read: its library imports Node's HTTP in the way that takes 40 ms. */
async function openSerializer(): Promise<PrometheusSerializer> {
  const { PrometheusSerializer } = await import('@opentelemetry/exporter-prometheus')
  return new PrometheusSerializer(undefined, false, undefined, false, true)
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
