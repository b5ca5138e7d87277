// The trace context that travels in rows and jobs (W3C Trace Context, level 1): read it, carry it on, tell its trace.

import { context, isSpanContextValid, ROOT_CONTEXT, type SpanContext, trace } from '@opentelemetry/api'

const FORM = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

/** The traceparent of the active span; null outside of one, and always null when tracing is off. */
export function currentTraceparent(): string | null {
  const active = trace.getActiveSpan()?.spanContext()
  if (!active || !isSpanContextValid(active)) return null
  return `00-${active.traceId}-${active.spanId}-${active.traceFlags.toString(16).padStart(2, '0')}`
}

/** Runs `fn` so that spans begun in it belong to the trace that `traceparent` names; null or malformed: to none. */
export function withTraceparent<R>(traceparent: string | null, fn: () => R): R {
  const remote = parse(traceparent)
  return context.with(remote ? trace.setSpanContext(ROOT_CONTEXT, remote) : ROOT_CONTEXT, fn)
}

/** The 32 hex digits of the trace; null when there is none. */
export function traceIdOf(traceparent: string | null): string | null {
  return parse(traceparent)?.traceId ?? null
}

function parse(traceparent: string | null): SpanContext | null {
  const parts = traceparent === null ? null : FORM.exec(traceparent)
  if (!parts) return null
  const [, traceId = '', spanId = '', flags = ''] = parts
  const parsed = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
  return isSpanContextValid(parsed) ? parsed : null
}
