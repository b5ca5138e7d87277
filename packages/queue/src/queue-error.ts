// The package's one error, and how any backend's error is reduced to a code that is safe to log: a raw one may hold
// the connection's password (a refused AUTH carries its arguments) or a job's data.

export type QueueErrorCode = 'QUEUE_UNAVAILABLE' | 'JOB_REFUSED' | 'QUEUE_MISCONFIGURED'

/** `reason` is a stable short text without any data; there is no `cause`, on purpose. */
export class QueueError extends Error {
  override readonly name = 'QueueError'
  readonly code: QueueErrorCode
  readonly reason: string

  constructor(code: QueueErrorCode, reason: string) {
    super(`${code}: ${reason}`)
    this.code = code
    this.reason = reason
  }
}

const KNOWN: readonly (readonly [RegExp, string])[] = [
  [/isn't writeable/i, 'NOT_CONNECTED'],
  [/connection is closed|connection terminated|connection ended/i, 'CONNECTION_CLOSED'],
  [/timed? ?out|timeout/i, 'TIMEOUT'],
  [/could not renew lock/i, 'LOCK_LOST'],
  [/is not initialized/i, 'SCHEMA_MISSING'],
]

/** A short code for `error`: its own code (ECONNREFUSED, 57P01), Redis' first word (READONLY), or its class. */
export function failureCode(error: unknown): string {
  if (error instanceof QueueError) return error.reason
  if (!(error instanceof Error)) return 'UNKNOWN'
  const { code } = error as { code?: unknown }
  if (typeof code === 'string' && /^\w{2,40}$/.test(code)) return code
  if (typeof code === 'number') return `BULLMQ_${Math.abs(code)}`
  const word = /^[A-Z]{2,20}(?= |$)/.exec(error.message)?.[0]
  if (error.name === 'ReplyError' && word !== undefined) return word
  return KNOWN.find(([pattern]) => pattern.test(error.message))?.[1] ?? error.name
}
