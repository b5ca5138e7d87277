// Settings and secrets of the audit service: safe defaults, and every fault at once.

import { describeSettings } from '@postern/config/setting'
import t from 'tap'
import { readConfig, SETTINGS } from '../src/config.ts'
import { secretsFolder } from './fixtures/process.ts'

// In two pieces, so that no tool takes it for a real one.
const DATABASE = `postgres://postern_audit:${'N3verGuessThisOne'}@db.internal/postern`

t.test('with its secrets alone it has safe defaults, and the queue is on its own database', async (t) => {
  const folder = await secretsFolder(t, { 'database-url-audit': DATABASE })
  const { settings, secrets } = readConfig({ POSTERN_SECRETS_DIR: folder })
  t.match(settings, { host: '127.0.0.1', port: 4002, logLevel: 'info', trustedProxies: [] })
  t.same(secrets, { databaseUrl: DATABASE, queueUrl: DATABASE })
})

t.test('a queue URL of its own is taken, whichever backend it names', async (t) => {
  for (const queueUrl of [
    'redis://cache.internal:6379',
    'rediss://cache.internal',
    'postgres://queue.internal/q',
  ]) {
    const folder = await secretsFolder(t, { 'database-url-audit': DATABASE, 'queue-url': queueUrl })
    t.equal(readConfig({ POSTERN_SECRETS_DIR: folder }).secrets.queueUrl, queueUrl)
  }
})

t.test('every fault is told at once', async (t) => {
  const folder = await secretsFolder(t, { 'database-url-audit': 'http://db.internal' })
  const env = {
    POSTERN_SECRETS_DIR: folder,
    POSTERN_AUDIT_PORT: '65536',
    POSTERN_TRUSTED_PROXIES: '0.0.0.0/0',
  }
  t.throws(() => readConfig(env), { name: 'ConfigError', faults: { length: 3 } })
  t.throws(() => readConfig({}), { name: 'ConfigError' })
})

t.test('a failpoint is refused in production', async (t) => {
  const folder = await secretsFolder(t, { 'database-url-audit': DATABASE })
  const env = { POSTERN_SECRETS_DIR: folder, POSTERN_FAILPOINT: 'K12:kill' }
  t.throws(() => readConfig(env), {
    name: 'ConfigError',
    faults: ['POSTERN_FAILPOINT: is refused in production'],
  })
  t.doesNotThrow(() => readConfig({ ...env, POSTERN_ENV: 'development' }))
})

t.test('each setting says what it is for, under a name of its own', (t) => {
  const described = describeSettings(SETTINGS)
  t.equal(new Set(described.map(({ env }) => env)).size, described.length)
  for (const { env, describe } of described) t.ok(describe.length > 10, env)
  t.end()
})
