// What a process has before it opens anything of its own, and what all of its parts are built with. Tests put others in
// their places.

import type { Logger, LogLevel } from '@postern/telemetry/logger'
import { startTelemetry, type Telemetry } from '@postern/telemetry/tracing'
import { type Clock, systemClock } from './clock.ts'
import type { Parts } from './lifecycle.ts'
import { type Random, systemRandom } from './random.ts'
import { VERSION } from './version.ts'

export interface Ambient {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly telemetry: Telemetry
}

export interface AmbientOptions {
  /** As in `gateway`: traces tell it as `postern-gateway`. */
  readonly service: string
  readonly logger: Logger
  readonly settings: { readonly logLevel: LogLevel; readonly otlpEndpoint: string | undefined }
}

const LONGEST_FLUSH_MS = 3_000

/** The ambient of a real process: the system's clock and randomness, its log at the level that was set, its telemetry. */
export async function openAmbient(
  { service, logger, settings }: AmbientOptions,
  parts: Parts,
): Promise<Ambient> {
  const { logLevel, otlpEndpoint } = settings
  logger.level = logLevel
  const telemetry = await startTelemetry({
    service: `postern-${service}`,
    version: VERSION,
    ...(otlpEndpoint !== undefined && { otlpEndpoint }),
  })
  parts.add('telemetry', (leftMs) => telemetry.stop(Math.min(leftMs, LONGEST_FLUSH_MS)))
  return { clock: systemClock, random: systemRandom, logger, telemetry }
}
