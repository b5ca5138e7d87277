// A small service for lifecycle.test.ts: what it does is chosen by its argument; it tells what happens on its log.

import { ConfigError } from '@postern/config/faults'
import { createLogger } from '@postern/telemetry/logger'
import { runService } from '../src/lifecycle.ts'

const [mode = 'plain', drainMs = '5000'] = process.argv.slice(2)
const logger = createLogger({ service: 'fixture' })
const never = () => new Promise<never>(() => {})

await runService({
  name: 'fixture',
  logger,
  drainMs: Number(drainMs),
  start: async (parts) => {
    if (mode === 'misconfigured')
      throw new ConfigError(['POSTERN_PORT is not a port', 'pepper/v1 is missing'])
    const stopped = (part: string) => () => logger.info({ part }, 'part stopped')
    const keepAlive = setInterval(() => {}, 1_000)
    parts.add('first', stopped('first'))
    parts.add('second', () => {
      if (mode === 'failing part') throw new Error('canary')
      if (mode === 'hanging part') return never()
      if (mode === 'slow part')
        return new Promise((resolve) => setTimeout(resolve, 100)).then(stopped('second'))
      return stopped('second')()
    })
    parts.add('third', stopped('third'))
    if (mode === 'failing start') throw new TypeError('canary')
    if (mode === 'hanging start') {
      logger.info('starting')
      await never()
    }
    process.on('SIGUSR2', () => {
      if (mode === 'rejection') void Promise.reject(new Error('canary'))
      if (mode === 'exception') throw new Error('canary')
    })
    return { port: 1, keepAlive: keepAlive.hasRef() }
  },
})
