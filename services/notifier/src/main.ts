// The notifier's process: reads its configuration, builds its parts, runs until it is told to stop.

import { openAmbient } from '@postern/service-kit/ambient'
import { runService } from '@postern/service-kit/lifecycle'
import { createLogger } from '@postern/telemetry/logger'
import { buildApp, buildWorkers } from './app.ts'
import { readConfig } from './config.ts'
import { buildContext } from './context.ts'

const service = 'notifier'
const logger = createLogger({ service })

await runService({
  name: service,
  logger,
  start: async (parts) => {
    const config = readConfig(process.env)
    const { settings } = config
    const ambient = await openAmbient({ service, logger, settings }, parts)
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
