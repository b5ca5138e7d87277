// What this package needs of a logger (pino fits), and one that tells an outage once instead of once a try.

export interface QueueLogger {
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
  error(fields: object, text: string): void
}

export interface OutageLog {
  /** Tells a failure the first time its code is seen since things last worked. */
  failed(code: string): void
  /** Things work: tells so if they did not before. */
  worked(): void
}

/** Telling an outage of `what` ("queue", "relay store") in two lines: its beginning and its end. */
export function outageLog(logger: QueueLogger, what: string): OutageLog {
  const seen = new Map<string, number>()
  return {
    failed(code) {
      const times = seen.get(code) ?? 0
      seen.set(code, times + 1)
      if (times === 0) logger.warn({ what, reason: code }, `${what} fails`)
    },
    worked() {
      if (seen.size === 0) return
      logger.info({ what, failures: Object.fromEntries(seen) }, `${what} works again`)
      seen.clear()
    },
  }
}
