// The only way out for spans. Libraries put URLs, statements and whole error messages into them; what redact.ts would
// not let into a log line does not leave here either.

import type { Attributes, AttributeValue } from '@opentelemetry/api'
import { type ExportResult, ExportResultCode } from '@opentelemetry/core'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import { barePath, isSecretName, maskSecrets } from './redact.ts'

/** Attributes that carry queries, statements or foreign messages by definition. */
const DROPPED = /(?:^|\.)(?:query|query\.text|statement|message|stacktrace|full|header)(?:\.|$)/
const PATHS = /(?:^|\.)(?:url|path|target|uri)$/

export class ScrubbingExporter implements SpanExporter {
  readonly #inner: SpanExporter
  readonly #onFailure: () => void

  /** `onFailure` is told of every batch that was not taken. */
  constructor(inner: SpanExporter, onFailure: () => void) {
    this.#inner = inner
    this.#onFailure = onFailure
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#inner.export(spans.map(scrubSpan), (result) => {
      if (result.code !== ExportResultCode.SUCCESS) this.#onFailure()
      done(result)
    })
  }

  forceFlush(): Promise<void> {
    return this.#inner.forceFlush?.() ?? Promise.resolve()
  }

  shutdown(): Promise<void> {
    return this.#inner.shutdown()
  }
}

/** A view of the span without what may be secret; the span itself stays as it is. */
function scrubSpan(span: ReadableSpan): ReadableSpan {
  const shown = {
    name: maskSecrets(span.name),
    status: { code: span.status.code },
    attributes: scrubAttributes(span.attributes),
    events: span.events.map((event) => ({
      ...event,
      name: maskSecrets(event.name),
      attributes: scrubAttributes(event.attributes ?? {}),
    })),
    links: span.links.map((link) => ({ ...link, attributes: scrubAttributes(link.attributes ?? {}) })),
  }
  const fields = Object.entries(shown).map(([name, value]) => [name, { value, enumerable: true }])
  return Object.create(span, Object.fromEntries(fields))
}

function scrubAttributes(attributes: Attributes): Attributes {
  const shown: Attributes = {}
  for (const [name, value] of Object.entries(attributes)) {
    if (DROPPED.test(name) || isSecretName(name.slice(name.lastIndexOf('.') + 1))) continue
    shown[name] = PATHS.test(name) && typeof value === 'string' ? barePath(value) : scrubValue(value)
  }
  return shown
}

function scrubValue(value: AttributeValue | undefined): AttributeValue | undefined {
  if (typeof value === 'string') return maskSecrets(value)
  if (Array.isArray(value))
    return value.map((item) => (typeof item === 'string' ? maskSecrets(item) : item)) as string[]
  return value
}
