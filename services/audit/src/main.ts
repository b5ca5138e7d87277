// The audit service's process: reads its configuration, builds its parts, runs until it is told to stop.

import { systemClock } from '@postern/service-kit/clock'
import { runService } from '@postern/service-kit/lifecycle'
import { systemRandom } from '@postern/service-kit/random'
import { createLogger } from '@postern/telemetry/logger'
import { startTelemetry } from '@postern/telemetry/tracing'
import { buildApp, buildWorkers, VERSION } from './app.ts'
import { readConfig } from './config.ts'
import { buildContext } from './context.ts'

const TELEMETRY_STOP_MS = 3_000
const logger = createLogger({ service: 'audit' })

await runService({
  name: 'audit',
  logger,
  start: async (parts) => {
    const config = readConfig(process.env)
    const { settings } = config
    logger.level = settings.logLevel
    const { otlpEndpoint } = settings
    const telemetry = startTelemetry({
      service: 'postern-audit',
      version: VERSION,
      ...(otlpEndpoint !== undefined && { otlpEndpoint }),
    })
    parts.add('telemetry', (leftMs) => telemetry.stop(Math.min(leftMs, TELEMETRY_STOP_MS)))
    const ambient = { clock: systemClock, random: systemRandom, logger, telemetry }
    const context = await buildContext(config, ambient, parts)
    const workers = buildWorkers(context)
    const app = await buildApp(context, workers)
    parts.add('http', () => app.close())
    const url = await app.listen({ host: settings.host, port: settings.port })
    // Last, and so ended first: what is in work is finished while the probes still answer.
    parts.add('workers', (leftMs) => workers.drain(leftMs))
    workers.start()
    return { url }
  },
})
