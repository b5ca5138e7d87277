// The gateway's process.

import { systemClock } from '@postern/service-kit/clock'
import { runService } from '@postern/service-kit/lifecycle'
import { systemRandom } from '@postern/service-kit/random'
import { createLogger } from '@postern/telemetry/logger'
import { startTelemetry } from '@postern/telemetry/tracing'
import { buildApp, VERSION } from './app.ts'
import { readConfig } from './config.ts'
import { buildContext } from './context.ts'

const logger = createLogger({ service: 'gateway' })

await runService({
  name: 'gateway',
  logger,
  start: async (parts) => {
    const config = readConfig(process.env, systemClock.now())
    const { settings } = config
    logger.level = settings.logLevel
    const telemetry = startTelemetry({
      service: 'postern-gateway',
      version: VERSION,
      ...(settings.otlpEndpoint !== undefined && { otlpEndpoint: settings.otlpEndpoint }),
    })
    parts.add('telemetry', (remainingMs) => telemetry.stop(Math.min(remainingMs, 3_000)))
    const ambient = { clock: systemClock, random: systemRandom, logger, telemetry }
    const context = await buildContext(config, ambient, parts)
    const app = await buildApp(context)
    parts.add('http', () => app.close())
    return { url: await app.listen({ host: settings.host, port: settings.port }) }
  },
})
