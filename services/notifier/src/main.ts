// The notifier's process: reads its configuration, builds its parts, runs until it is told to stop.

import { runService } from '@postern/service-kit/lifecycle'
import { createLogger } from '@postern/telemetry/logger'
import { buildApp, buildWorkers } from './app.ts'
import { readConfig } from './config.ts'
import { createContext } from './context.ts'

const logger = createLogger({ service: 'notifier' })

await runService({
  name: 'notifier',
  logger,
  start: async (parts) => {
    const config = readConfig(process.env)
    const { settings } = config
    logger.level = settings.logLevel
    const context = createContext(config, { logger, parts })
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
