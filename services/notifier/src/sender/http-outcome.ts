// What an HTTP exchange with a vendor means, told by how far it came and by its status. Where vendors differ, each says so
// in its rules; bodies are read only where a vendor's rules do.
//
// | seen                                                | means                                                      |
// |-----------------------------------------------------|------------------------------------------------------------|
// | a status that the vendor accepts by                 | accepted, whatever became of the body                      |
// | 408, 425, 429                                       | not sent: later                                            |
// | 401, 403, 404, 3xx                                  | not sent: our account or address is wrong, not the message |
// | any other 4xx                                       | not sent: this message never will be                       |
// | 503, and what else the vendor does nothing by       | not sent: it cannot take messages now                      |
// | any other 5xx                                       | unknown, but the vendor itself says that it failed         |
// | any other 2xx, broken off, silent                   | unknown: it may have been sent                             |
// | no connection (refused, no such host, TLS, timeout) | not sent: later                                            |
//
// Why 5xx is told apart: docs/decisions/0011-vendor-failover.md.

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

export interface HttpRules {
  /** Statuses by which the vendor takes a message. */
  readonly accepted: readonly number[]
  /** Statuses besides 503 by which the vendor says that it did nothing, and means it. */
  readonly undone?: readonly number[]
  /** The vendor's own id of what it accepted, when it gave one that looks like one. */
  readonly messageId: () => string | null
  /** What the vendor's own error code means; undefined: the status says it. Not asked when the message was accepted. */
  readonly refusal?: (status: number) => SendOutcome | undefined
}

/** Longer waits than this are not honoured: the delivery would be over. */
const MAX_AFTER_SECONDS = 3_600

export function classify(seen: Seen, { failure, timedOut }: Failure, rules: HttpRules): SendOutcome {
  const { status, headers } = seen
  if (status !== undefined) {
    if (rules.accepted.includes(status)) return { kind: 'accepted', providerMessageId: rules.messageId() }
    return rules.refusal?.(status) ?? byStatus(status, headers, rules.undone ?? [])
  }
  const code =
    timedOut || failure === 'ECONNABORTED' ? 'timeout' : (FAILURES[failure ?? ''] ?? 'connection_failed')
  return seen.mayHaveLeft ? { kind: 'unknown', code } : { kind: 'retryable', code }
}

function byStatus(status: number, headers: IncomingHttpHeaders, undone: readonly number[]): SendOutcome {
  if (status === 503 || undone.includes(status))
    return { kind: 'retryable', code: `http_${status}`, ...retryAfter(headers) }
  if (status >= 500) return { kind: 'unknown', code: `http_${status}`, answered: true }
  if (status < 300) return { kind: 'unknown', code: `http_${status}` }
  if (status < 400 || status === 404) return { kind: 'retryable', code: 'vendor_misconfigured' }
  if (status === 401 || status === 403) return { kind: 'retryable', code: 'vendor_account_refused' }
  if (status === 429) return { kind: 'retryable', code: 'vendor_rate_limited', ...retryAfter(headers) }
  if (status === 408 || status === 425) return { kind: 'retryable', code: `http_${status}` }
  return { kind: 'permanent', code: `http_${status}` }
}

/** Node's error codes in words of ours, for every sender that opens connections. */
export const FAILURES: Readonly<Record<string, string>> = {
  STARTED_TOO_LATE: 'started_too_late',
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_reset',
  EPIPE: 'connection_reset',
  ENOTFOUND: 'host_not_found',
  EAI_AGAIN: 'host_not_found',
  ETIMEDOUT: 'timeout',
  ERR_BAD_RESPONSE: 'answer_unreadable',
}

/** A vendor's id, when it looks like one: visible ASCII, not longer than any vendor's. */
export function idLike(id: unknown): string | null {
  return typeof id === 'string' && /^[\x21-\x7e]{1,200}$/.test(id) ? id : null
}

/** Seconds of `retry-after`; the HTTP-date form, which none of our vendors uses, is not read. */
function retryAfter(headers: IncomingHttpHeaders): { afterMs?: number } {
  const value = headers['retry-after']
  if (value === undefined || !/^\d{1,6}$/.test(value)) return {}
  return { afterMs: Math.min(Number(value), MAX_AFTER_SECONDS) * 1_000 }
}

/** Node's own error code, such as ECONNREFUSED. Nothing else of an error is touched: it holds keys and the message. */
export function failureOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,39}$/.test(code) ? code : 'UNKNOWN'
}
