// What an exchange with SendGrid means, told by how far it came and by the status alone; bodies are not read.
//
// | seen                                                | means                                                  |
// |-----------------------------------------------------|--------------------------------------------------------|
// | 202                                                 | accepted, whatever became of the body                  |
// | 408, 425, 429                                       | not sent: later                                        |
// | 401, 403, 404, 3xx                                  | not sent: our account or address is wrong, not the mail|
// | any other 4xx                                       | not sent: this message never will be                   |
// | 5xx, any other 2xx, broken off, silent              | unknown: it may have been sent                         |
// | no connection (refused, no such host, TLS, timeout) | not sent: later                                        |

import type { IncomingHttpHeaders } from 'node:http'
import type { SendOutcome } from './sender.ts'

export interface Seen {
  readonly mayHaveLeft: boolean
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
}

export interface Failure {
  /** Node's error code; null: the client was content. */
  readonly failure: string | null
  readonly timedOut: boolean
}

/** Longer waits than this are not honoured: the delivery would be over. */
const MAX_AFTER_SECONDS = 3_600

export function classify(seen: Seen, { failure, timedOut }: Failure): SendOutcome {
  if (seen.status !== undefined) return byStatus(seen.status, seen.headers)
  const code =
    timedOut || failure === 'ECONNABORTED' ? 'timeout' : (FAILURES[failure ?? ''] ?? 'connection_failed')
  return seen.mayHaveLeft ? { kind: 'unknown', code } : { kind: 'retryable', code }
}

function byStatus(status: number, headers: IncomingHttpHeaders): SendOutcome {
  if (status === 202) return { kind: 'accepted', providerMessageId: messageId(headers) }
  if (status >= 500 || status < 300) return { kind: 'unknown', code: `http_${status}` }
  if (status < 400 || status === 404) return { kind: 'retryable', code: 'vendor_misconfigured' }
  if (status === 401 || status === 403) return { kind: 'retryable', code: 'vendor_account_refused' }
  if (status === 429) return { kind: 'retryable', code: 'vendor_rate_limited', ...retryAfter(headers) }
  if (status === 408 || status === 425) return { kind: 'retryable', code: `http_${status}` }
  return { kind: 'permanent', code: `http_${status}` }
}

const FAILURES: Readonly<Record<string, string>> = {
  STARTED_TOO_LATE: 'started_too_late',
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_reset',
  EPIPE: 'connection_reset',
  ENOTFOUND: 'host_not_found',
  EAI_AGAIN: 'host_not_found',
  ETIMEDOUT: 'timeout',
  ERR_BAD_RESPONSE: 'answer_unreadable',
}

/** `x-message-id`, when it looks like one. */
function messageId(headers: IncomingHttpHeaders): string | null {
  const id = headers['x-message-id']
  return typeof id === 'string' && /^[\x21-\x7e]{1,200}$/.test(id) ? id : null
}

/** Seconds of `retry-after` (the HTTP-date form is not used by SendGrid). */
function retryAfter(headers: IncomingHttpHeaders): { afterMs?: number } {
  const value = headers['retry-after']
  if (value === undefined || !/^\d{1,6}$/.test(value)) return {}
  return { afterMs: Math.min(Number(value), MAX_AFTER_SECONDS) * 1_000 }
}
