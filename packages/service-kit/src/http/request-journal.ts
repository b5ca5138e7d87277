// One log line and one measurement a request: method, route pattern, status, time, and why it was refused.
// Never the query string, a header or a body.

import type { Metrics } from '@postern/telemetry/metric-names'
import { type FastifyReply, type FastifyRequest, LogController } from 'fastify'

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

export class RequestJournal extends LogController {
  readonly #metrics: Metrics | undefined

  constructor(metrics: Metrics | undefined) {
    super({ requestIdLogLabel: 'request_id' })
    this.#metrics = metrics
  }

  override incomingRequest(): void {}

  override routeNotFound(): void {}

  override requestCompleted(
    error: Error | null | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): void {
    const { config, url } = request.routeOptions
    const method = METHODS.has(request.method) ? request.method : 'OTHER'
    const route = url ?? 'unmatched'
    const { statusCode: status, elapsedTime } = reply
    if (!config?.quiet)
      this.#metrics?.httpDuration.record(elapsedTime / 1_000, { method, route, status: String(status) })
    const isOurs = status >= 500 || Boolean(error)
    const level = config?.quiet ? 'debug' : isOurs ? 'error' : config?.delegated ? 'debug' : 'info'
    const fields = { method, route, status, duration_ms: Math.round(elapsedTime * 100) / 100 }
    request.log[level](
      { ...fields, ...who(request), ...request.refusal, ...(error && { err: error }) },
      'request',
    )
  }
}

function who(request: FastifyRequest) {
  const { caller } = request
  // Malformed URLs come here before any hook has run.
  if (!caller || caller.kind === 'operator') return {}
  return { tenant_id: caller.tenantId, ...(caller.kind === 'api_key' && { api_key_id: caller.apiKeyId }) }
}
