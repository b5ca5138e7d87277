import t from 'tap'
import { createLogger, LOG_LEVELS } from '../src/logger.ts'
import { ALL, carelessThings, NAMED, PATTERNED, vendorError } from './canaries.ts'

function setup() {
  const written: string[] = []
  const text = () => written.join('')
  const destination = { write: (line: string) => void written.push(line) }
  const logger = createLogger({ service: 'test', level: 'trace', destination })
  return {
    logger,
    text,
    lines: () =>
      text()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
  }
}

t.test('no careless line at any level shows a secret', async (t) => {
  const { logger, text, lines } = setup()
  let expected = 0
  for (const thing of carelessThings()) {
    for (const level of LOG_LEVELS) {
      if (level === 'silent') continue
      logger[level](thing)
      logger[level](thing, 'with %s and %o', PATTERNED.apiKey, vendorError())
      expected += 2
    }
  }
  t.equal(lines().length, expected, 'every line was written and is JSON')
  for (const secret of ALL) t.notOk(text().includes(secret), secret)
})

t.test('messages and their arguments are masked', async (t) => {
  const { logger, text } = setup()
  logger.info(`token ${PATTERNED.linkToken}`)
  logger.info('token %s', PATTERNED.linkToken)
  logger.info('thing %j', { password: NAMED.password, err: vendorError() })
  logger.info('thing %o', vendorError())
  logger.info('thing %O', { body: NAMED.body })
  logger.info({}, `said "${PATTERNED.email}"\n${PATTERNED.jwt}`)
  for (const secret of ALL) t.notOk(text().includes(secret), secret)
})

t.test('children and their children carry no secret', async (t) => {
  const { logger, text, lines } = setup()
  const child = logger.child({ token: PATTERNED.linkToken, config: vendorError().config, request_id: 'r1' })
  child.child({ headers: { cookie: NAMED.cookie } }, { level: 'debug' }).info('hello')
  t.match(lines()[0], { request_id: 'r1', msg: 'hello' })
  for (const secret of ALL) t.notOk(text().includes(secret), secret)
})

t.test('an error without a message of ours does not lend its own', async (t) => {
  const { logger, lines } = setup()
  logger.error(vendorError('canary'))
  logger.error({ err: vendorError('canary') })
  logger.error(vendorError('canary'), 'sending failed')
  t.match(lines(), [
    { msg: 'failed' },
    { msg: 'failed' },
    { msg: 'sending failed', err: { name: 'AxiosError' } },
  ])
})

t.test('a line has level, time in UTC, service and message', async (t) => {
  const { logger, lines } = setup()
  logger.warn({ tenant_id: 't1' }, 'hello')
  t.match(lines()[0], { level: 'warn', service: 'test', tenant_id: 't1', msg: 'hello' })
  t.match(lines()[0].time, /^\d{4}-\d\d-\d\dT.*Z$/)
})

t.test('levels below the chosen one are not written', async (t) => {
  const written: string[] = []
  const destination = { write: (line: string) => void written.push(line) }
  const logger = createLogger({ service: 'test', destination })
  logger.debug('no')
  logger.info('yes')
  t.equal(written.length, 1)
  t.match(written[0], 'yes')
})

t.test('the SQLSTATE of a refused statement can be read in the finished line', async (t) => {
  const { logger, lines } = setup()
  const err = Object.assign(new Error('permission denied for table x'), { code: '42501' })
  logger.warn({ err, code: '123456' }, 'refused')
  t.match(lines(), [{ err: { code: '42501' } }])
  t.equal(JSON.stringify(lines()).includes('123456'), false)
})
