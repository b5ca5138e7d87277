// What makes spans and sends them away. It is imported only where they go somewhere: most installations trace nothing,
// and this takes longer to load than all the rest of telemetry.

import { context, type Meter, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import type { Resource } from '@opentelemetry/resources'
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import { ScrubbingExporter } from './scrubbing-exporter.ts'

/**
 * Registers a tracer provider for all libraries of the process.
 * @param target base URL of an OTLP/HTTP collector, or what takes the spans instead
 */
export function startTracing(
  target: string | SpanExporter,
  resource: Resource,
  meter: Meter,
): TracerProvider {
  const failures = meter.createCounter('postern_trace_export_failures_total', {
    description: 'Batches of spans that the collector did not take.',
  })
  const inner = typeof target === 'string' ? exporterTo(target) : target
  const exporter = new ScrubbingExporter(inner, () => failures.add(1))
  const tracers = new TracerProvider({ resource, spanProcessors: [new BatchSpanProcessor({ exporter })] })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  // Trace context only: baggage would carry strangers' values into our spans and jobs.
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(tracers)
  return tracers
}

function exporterTo(endpoint: string): SpanExporter {
  return new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces`, timeoutMillis: 5_000 })
}
