// Tells "a part we depend on is down" from every other error, so that the client hears 503 and not 500.

/** Node's errors of connections that were refused, broken or never came about. */
const SOCKET = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
])

/**
 * SQLSTATEs: connection exceptions, out of resources, shutdown and recovery, a statement that ran out of time, a lost
 * serialisation or deadlock, a server that became a replica.
 * @see https://www.postgresql.org/docs/18/errcodes-appendix.html
 */
const SQLSTATE = /^(?:08...|53...|57P0[1-5]|57014|55P03|40001|40P01|25006)$/

/** pg, its pool and ioredis throw these without a code. */
const MESSAGES =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Query read timeout|Cannot use a pool after calling end|Connection is closed|Stream isn't writeable|Reached the max retries per request|Command timed out)/

/** Whether the error, or what caused it, says that a dependency cannot be reached right now. */
export function isUnavailable(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > 5) return false
  const { code, syscall } = error as Error & { code?: unknown; syscall?: unknown }
  if (typeof code === 'string') {
    // ENOENT alone is a missing file; with `connect` it is a missing socket.
    if (SOCKET.has(code) && (code !== 'ENOENT' || syscall === 'connect')) return true
    if (SQLSTATE.test(code)) return true
  }
  if (MESSAGES.test(error.message)) return true
  if (error instanceof AggregateError && error.errors.some((each) => isUnavailable(each, depth + 1)))
    return true
  return isUnavailable(error.cause, depth + 1)
}
