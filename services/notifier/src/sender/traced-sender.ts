// Every vendor call as a span of the request that asked for the message. A span shows codes, never the message.

import { SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import type { Sender, SendOutcome, Sighting, VendorWord } from './sender.ts'

export function tracedSender<Message>(sender: Sender<Message>, tracer: Tracer): Sender<Message> {
  const { provider, lookUp, statusOf } = sender
  const traced = <R extends SendOutcome | Sighting | VendorWord>(
    what: string,
    work: () => Promise<R>,
  ): Promise<R> =>
    tracer.startActiveSpan(`${what} ${provider}`, { kind: SpanKind.CLIENT }, async (span) => {
      try {
        const outcome = await work()
        span.setAttributes({ 'postern.provider': provider, 'postern.outcome': outcome.kind })
        if ('code' in outcome) span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.code })
        return outcome
      } finally {
        span.end()
      }
    })
  return {
    provider,
    send: (message, context) => traced('send', () => sender.send(message, context)),
    ...(lookUp && { lookUp: (...asked) => traced('look up', () => lookUp(...asked)) }),
    ...(statusOf && { statusOf: (...asked) => traced('ask', () => statusOf(...asked)) }),
  }
}
