// The success envelope around an answer's data.

import type { FastifyRequest } from 'fastify'

export interface SuccessEnvelope<T> {
  success: true
  data: T
  error: null
  meta: { timestamp: string; request_id: string; secrets_withheld?: boolean }
}

/** Wraps `data` for answering `request`; `meta` adds to its facts. */
export function ok<T>(
  request: FastifyRequest,
  data: T,
  meta?: { secrets_withheld?: boolean },
): SuccessEnvelope<T> {
  const timestamp = request.server.clock.now().toISOString()
  return { success: true, data, error: null, meta: { timestamp, request_id: request.id, ...meta } }
}
