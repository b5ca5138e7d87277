// A key ring as a service holds it: read at the start, replaced while the process runs when a key was added.

import type { RingContents } from '@postern/config/ring-contents'
import { watchRing } from '@postern/config/watch-ring'
import type { Logger } from '@postern/telemetry/logger'
import { LiveKeyRing, ringOf } from '@postern/token/key-ring'
import type { Clock } from './clock.ts'

export interface LiveRingOptions {
  clock: Clock
  logger: Logger
  /** How long a new key only reads before it writes, in milliseconds. */
  overlapMs: number
  /** Milliseconds between looks at the folder; 5,000 unless told. */
  everyMs?: number
}

export interface WatchedRing {
  ring: LiveKeyRing
  /** Looks for new keys at once: for whoever met a version that is not here. Never throws. */
  refresh(): void
  stop(): void
}

/** Opens a ring and keeps it fresh. A bad key file is logged, and the keys at hand stay. */
export function openRing(contents: RingContents, options: LiveRingOptions): WatchedRing {
  const { clock, logger, overlapMs, everyMs = 5_000 } = options
  const ring = new LiveKeyRing(ringOf(contents))
  const watch = watchRing(contents, {
    everyMs,
    overlapMs,
    now: () => clock.now(),
    onRing: (next) => {
      ring.replace(ringOf(next))
      logger.info({ ring: next.name, current: next.current, keys: next.entries.length }, 'key ring changed')
    },
    onFault: (fault) => logger.error({ fault }, 'key ring not taken'),
  })
  return { ring, refresh: () => watch.refresh(), stop: () => watch.stop() }
}
