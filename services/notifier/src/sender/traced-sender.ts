// Every vendor call as a span of the request that asked for the message. A span shows codes, never the message.

import { SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import type { Sender } from './sender.ts'

export function tracedSender<Message>(sender: Sender<Message>, tracer: Tracer): Sender<Message> {
  const { provider } = sender
  return {
    provider,
    send: (message, context) =>
      tracer.startActiveSpan(`send ${provider}`, { kind: SpanKind.CLIENT }, async (span) => {
        try {
          const outcome = await sender.send(message, context)
          span.setAttributes({ 'postern.provider': provider, 'postern.outcome': outcome.kind })
          if (outcome.kind !== 'accepted')
            span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.code })
          return outcome
        } finally {
          span.end()
        }
      }),
  }
}
