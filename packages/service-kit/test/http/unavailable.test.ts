import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { freePort } from '@postern/testkit/free-port'
import pg from 'pg'
import t from 'tap'
import { isUnavailable } from '../../src/http/unavailable.ts'

const withCode = (code: string, more = {}) => Object.assign(new Error('x'), { code, ...more })

t.test('broken connections, shutdowns, timeouts and lost serialisations mean unavailable', async (t) => {
  for (const code of [
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    '08006',
    '57P01',
    '57P03',
    '53300',
    '57014',
    '40001',
    '40P01',
    '25006',
  ])
    t.equal(isUnavailable(withCode(code)), true, code)
  t.equal(isUnavailable(withCode('ENOENT', { syscall: 'connect' })), true, 'a missing socket')
})

t.test('our own mistakes do not', async (t) => {
  for (const code of ['23505', '42P01', '22P02', '42501', 'ENOENT', 'ERR_INVALID_ARG_TYPE'])
    t.equal(isUnavailable(withCode(code)), false, code)
  for (const thrown of [new TypeError('x'), undefined, null, 'ECONNREFUSED', { code: 'ECONNREFUSED' }])
    t.equal(isUnavailable(thrown), false)
})

t.test('a circle of causes ends', async (t) => {
  const error = new Error('a') as Error & { cause: unknown }
  error.cause = error
  t.equal(isUnavailable(error), false)
})

t.test('what pg really throws is recognised: refused, hung up, silent, closed', async (t) => {
  const failure = async (
    config: pg.PoolConfig,
    use = (pool: pg.Pool): Promise<unknown> => pool.query('SELECT 1'),
  ) => {
    const pool = new pg.Pool({ host: '127.0.0.1', user: 'x', database: 'x', ...config })
    pool.on('error', () => {})
    try {
      await use(pool)
      return undefined
    } catch (error) {
      return error
    } finally {
      await pool.end().catch(() => {})
    }
  }
  const hangUp = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await Promise.all([once(hangUp, 'listening'), once(silent, 'listening')])
  t.teardown(() => [hangUp, silent].map((server) => server.close()))
  const portOf = (server: typeof hangUp) => (server.address() as AddressInfo).port
  const port = await freePort()

  t.equal(isUnavailable(await failure({ port })), true, 'refused')
  t.equal(isUnavailable(await failure({ host: 'localhost', port })), true, 'refused on every address')
  t.equal(isUnavailable(await failure({ port: portOf(hangUp) })), true, 'hung up')
  t.equal(isUnavailable(await failure({ port: portOf(silent), connectionTimeoutMillis: 50 })), true, 'silent')
  const closed = async (pool: pg.Pool) => {
    await pool.end()
    return pool.query('SELECT 1')
  }
  t.equal(isUnavailable(await failure({ port }, closed)), true, 'closed')
})
