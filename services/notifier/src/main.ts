// The notifier's process: reads its configuration, builds its parts, runs until it is told to stop.

import { runService } from '@postern/service-kit/lifecycle'
import { createLogger } from '@postern/telemetry/logger'
import { startNotifier } from './app.ts'
import { readConfig } from './config.ts'
import { createContext } from './context.ts'

const logger = createLogger({ service: 'notifier' })

await runService({
  name: 'notifier',
  logger,
  async start(parts) {
    const config = readConfig(process.env)
    logger.level = config.settings.logLevel
    return startNotifier(createContext(config, { logger, parts }), parts)
  },
})
