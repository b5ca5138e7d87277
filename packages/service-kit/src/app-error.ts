// The one error that becomes an HTTP answer: a code from the closed list, whose sentence is public, and a reason that
// is only logged and counted.

import { ERROR_CODES, type ErrorCode } from '@postern/contracts/error-codes'

export interface AppErrorOptions {
  /** Why, for operators; never answered. No secret, no address, no value that a client sent. */
  reason: string
  /** Public facts beside the code, as `[{ remaining_attempts: 2 }]`. */
  details?: Record<string, unknown>[]
  /** Whole seconds for `Retry-After`. */
  retryAfterSeconds?: number
  cause?: unknown
}

export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly reason: string
  readonly details: Record<string, unknown>[] | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(code: ErrorCode, { reason, details, retryAfterSeconds, cause }: AppErrorOptions) {
    super(`${code}: ${reason}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.reason = reason
    this.details = details
    this.retryAfterSeconds = retryAfterSeconds
  }

  /** The HTTP status of the code. */
  get status(): number {
    return ERROR_CODES[this.code].status
  }
}

/** What a field of a request cannot be. `path` is where the request has it (`body.email`); neither it nor the problem repeats a value. */
export function invalidField(path: string, problem: string, cause?: unknown): AppError {
  return new AppError('VALIDATION_FAILED', {
    reason: `${path} ${problem}`,
    details: [{ path, problem }],
    cause,
  })
}
