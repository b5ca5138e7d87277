// Settings and secrets of the gateway: every fault at once, and nothing in production that belongs to a desk.

import t from 'tap'
import { readConfig } from '../src/config.ts'
import { openHouse } from './setup.ts'

const { env: desk, secretsDir } = await openHouse(t)
const env = { POSTERN_SECRETS_DIR: secretsDir, POSTERN_PUBLIC_URL: 'https://sign-in.example' }
const now = new Date()
const faultsOf = (more: Record<string, string>) => {
  try {
    readConfig({ ...env, ...more }, now)
    return []
  } catch (error) {
    return (error as { faults: string[] }).faults
  }
}

t.test('with its secrets and its public origin it starts, in production unless told', async (t) => {
  const { settings, secrets } = readConfig(env, now)
  t.match(settings, { environment: 'production', host: '127.0.0.1', port: 4000, trustedProxies: [] })
  t.equal(secrets.queueUrl, secrets.databaseUrl)
  t.equal(readConfig(desk, now).settings.environment, 'development')
})

t.test('production refuses links in plain http and failpoints', async (t) => {
  t.strictSame(faultsOf({ POSTERN_PUBLIC_URL: 'http://sign-in.example' }), [
    'POSTERN_PUBLIC_URL: must be https in production',
  ])
  t.strictSame(faultsOf({ POSTERN_FAILPOINT: 'K1:kill' }), ['POSTERN_FAILPOINT: is refused in production'])
  t.strictSame(faultsOf({ ...desk, POSTERN_FAILPOINT: 'K12:kill' }), [
    'POSTERN_FAILPOINT: must be K1:kill to K11:kill',
  ])
})

t.test('the public URL is an origin: the link page asks its own', async (t) => {
  t.strictSame(faultsOf({ POSTERN_PUBLIC_URL: 'https://sign-in.example/app' }), [
    'POSTERN_PUBLIC_URL: must be an origin, without a path',
  ])
})

t.test('every fault is told at once, and none shows a value', async (t) => {
  const faults = faultsOf({
    POSTERN_PUBLIC_URL: '',
    POSTERN_GATEWAY_PORT: 'x',
    POSTERN_TRUSTED_PROXIES: 'everybody',
    POSTERN_ADMIN_KEY: 'canary-canary-canary-canary-canary',
  })
  t.equal(faults.length, 4)
  t.notMatch(faults.join(), /canary|everybody/)
})
