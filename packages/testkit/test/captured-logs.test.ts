import t from 'tap'
import { capturedLogger } from '../src/captured-logs.ts'

t.test('every line at every level can be read back', async (t) => {
  const { logger, lines, text } = capturedLogger('gateway')
  logger.trace({ n: 1 }, 'quiet')
  logger.error('loud')
  t.match(lines(), [
    { n: 1, msg: 'quiet', service: 'gateway' },
    { msg: 'loud', service: 'gateway' },
  ])
  t.match(text(), /"quiet".*\n.*"loud"/)
})
