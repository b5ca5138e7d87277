// A logger whose lines a test can read: the real one of packages/telemetry with its redaction, at the most
// talkative level, writing to memory. What does not appear here does not appear in production either.
import { createLogger } from '@postern/telemetry/logger'

export type LogLine = Record<string, unknown>

export interface CapturedLogs {
  readonly logger: ReturnType<typeof createLogger>
  /** Every line so far, parsed. */
  lines(): LogLine[]
  /** Everything written so far as it was written, for searching it for secrets. */
  text(): string
}

/** A logger at level `trace` for `service` that keeps what it writes. */
export function capturedLogger(service = 'test'): CapturedLogs {
  const written: string[] = []
  const destination = { write: (chunk: string) => void written.push(chunk) }
  const text = () => written.join('')
  return {
    logger: createLogger({ service, level: 'trace', destination }),
    text,
    lines: () =>
      text()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as LogLine),
  }
}
