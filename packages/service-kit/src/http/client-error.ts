// Requests that Node's parser refuses never reach a route; they get the same envelope, written by hand.

import type { Socket } from 'node:net'
import { AppError } from '../app-error.ts'
import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import { errorEnvelope } from './error-answer.ts'

const PROBLEMS: Record<string, string> = {
  HPE_HEADER_OVERFLOW: 'is too large',
  ERR_HTTP_REQUEST_TIMEOUT: 'did not arrive in time',
}

/** Makes the handler of malformed requests: 400, and the connection ends. */
export function createClientErrorHandler(clock: Clock, random: Random, headers: Record<string, string>) {
  return function answerClientError(error: Error & { code?: string }, socket: Socket): void {
    // As Node's own handler does: never into the middle of an answer that has begun.
    const begun = (socket as Socket & { _httpMessage?: { headersSent?: boolean } })._httpMessage?.headersSent
    if (error.code === 'ECONNRESET' || begun || !socket.writable) {
      socket.destroy()
      return
    }
    const problem = PROBLEMS[error.code ?? ''] ?? 'is not HTTP'
    const details = [{ path: 'request', problem }]
    const id = random.uuid()
    const refused = new AppError('VALIDATION_FAILED', { reason: error.code ?? 'malformed request', details })
    const body = JSON.stringify(errorEnvelope(refused, id, clock.now()))
    const lines = Object.entries({
      ...headers,
      'x-request-id': id,
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
      connection: 'close',
    }).map(([name, value]) => `${name}: ${value}`)
    socket.end(`HTTP/1.1 400 Bad Request\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
  }
}
