// The one place where errors become answers. What it does not know is an opaque 500.

import { ERROR_CODES, type ErrorCode } from '@postern/contracts/error-codes'
import type { Metrics } from '@postern/telemetry/metric-names'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError, invalidField } from '../app-error.ts'
import type { Clock } from '../clock.ts'
import { StrictJsonError } from './strict-json.ts'
import { isUnavailable } from './unavailable.ts'

/** The body of an error answer. */
export function errorEnvelope(error: AppError, requestId: string, now: Date) {
  const { message } = ERROR_CODES[error.code]
  return {
    success: false as const,
    data: null,
    error: { code: error.code, message, ...(error.details && { details: error.details }) },
    meta: { timestamp: now.toISOString(), request_id: requestId },
  }
}

/** Makes the error handler: sets status and headers, notes why, answers the envelope. */
export function createErrorHandler(clock: Clock, metrics: Metrics | undefined) {
  return function answerError(thrown: unknown, request: FastifyRequest, reply: FastifyReply) {
    const error = toAppError(thrown)
    const isOurs = error.status >= 500
    request.refusal = { code: error.code, reason: error.reason, ...(isOurs && { err: thrown }) }
    metrics?.httpRefusals.add(1, { code: error.code })
    // A route may have said more about what it wants.
    if (error.code === 'UNAUTHENTICATED' && !reply.hasHeader('www-authenticate'))
      reply.header('www-authenticate', 'Bearer realm="postern"')
    const retryAfter = error.retryAfterSeconds ?? (error.code === 'SERVICE_UNAVAILABLE' ? 1 : undefined)
    if (retryAfter !== undefined) reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfter))))
    return reply
      .code(error.status)
      .type('application/json; charset=utf-8')
      .send(errorEnvelope(error, request.id, clock.now()))
  }
}

const BY_STATUS: Partial<Record<number, ErrorCode>> = {
  400: 'VALIDATION_FAILED',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  413: 'PAYLOAD_TOO_LARGE',
  // A path parameter that is too long names nothing.
  414: 'NOT_FOUND',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'RATE_LIMITED',
  503: 'SERVICE_UNAVAILABLE',
}

/** What an error means to a client. Only Fastify's own errors choose their status: a vendor's 401 is not ours. */
function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  if (thrown instanceof StrictJsonError) return invalidField('body', thrown.message)
  const { code, statusCode } = (thrown ?? {}) as { code?: unknown; statusCode?: unknown }
  if (typeof code === 'string' && code.startsWith('FST_') && typeof statusCode === 'number') {
    const known = BY_STATUS[statusCode]
    if (known === 'VALIDATION_FAILED') return invalidRequest(code, thrown)
    if (known !== undefined) return new AppError(known, { reason: code, cause: thrown })
  }
  if (isUnavailable(thrown))
    return new AppError('SERVICE_UNAVAILABLE', { reason: 'a dependency cannot be reached', cause: thrown })
  return new AppError('INTERNAL', { reason: 'unexpected error', cause: thrown })
}

function invalidRequest(reason: string, cause: unknown): AppError {
  const path = reason === 'FST_ERR_BAD_URL' ? 'url' : 'body'
  const details = [{ path, problem: 'cannot be read' }]
  return new AppError('VALIDATION_FAILED', { reason, details, cause })
}
