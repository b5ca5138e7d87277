// The gateway's process: reads its configuration, builds its parts, runs until it is told to stop.

import { openAmbient } from '@postern/service-kit/ambient'
import { systemClock } from '@postern/service-kit/clock'
import { runService } from '@postern/service-kit/lifecycle'
import { createLogger } from '@postern/telemetry/logger'
import { buildApp } from './app.ts'
import { readConfig } from './config.ts'
import { buildContext } from './context.ts'

const service = 'gateway'
const logger = createLogger({ service })

await runService({
  name: service,
  logger,
  start: async (parts) => {
    const config = readConfig(process.env, systemClock.now())
    const { settings } = config
    const ambient = await openAmbient({ service, logger, settings }, parts)
    const context = await buildContext(config, ambient, parts)
    const app = await buildApp(context)
    parts.add('http', () => app.close())
    const url = await app.listen({ host: settings.host, port: settings.port })
    return { url }
  },
})
