// The files that receipts are checked by, looked at again every few seconds: a key that was replaced counts without a restart.

import type { Clock } from '@postern/service-kit/clock'
import type { Logger } from '@postern/telemetry/logger'

const LOOK_MS = 5_000
const MOST_KEPT = 1_000

export interface ReceiptKeysOptions {
  /** The text of a secret's file; undefined: there is none. May throw. */
  readonly read: (file: string) => string | undefined
  readonly clock: Clock
  readonly logger: Logger
}

/** A file that cannot be used is told in the log, by its name, and counts as none. */
export function openReceiptKeys({ read, clock, logger }: ReceiptKeysOptions) {
  const kept = new Map<string, { text: string | undefined; at: number }>()
  return (file: string): string | undefined => {
    const now = clock.now().getTime()
    const found = kept.get(file)
    if (found !== undefined && Math.abs(now - found.at) < LOOK_MS) return found.text
    const text = readable(file)
    kept.delete(file)
    const [oldest] = kept.keys()
    if (kept.size >= MOST_KEPT && oldest !== undefined) kept.delete(oldest)
    kept.set(file, { text, at: now })
    return text
  }

  function readable(file: string): string | undefined {
    try {
      return read(file)
    } catch {
      logger.error({ file }, 'the file cannot be used: receipts that it checks are refused')
      return undefined
    }
  }
}
