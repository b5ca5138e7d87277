import t from 'tap'
import type { DataDir } from '../src/data-dir.ts'
import { sandboxSpec, serviceSpecs } from '../src/house.ts'
import { portsFrom } from '../src/ports.ts'

const plan = {
  root: '/checkout',
  dataDir: { secrets: '/data/secrets', logs: '/data/logs' } as DataDir,
  ports: portsFrom(4000),
  secrets: { gateway: '/m/gateway', notifier: '/m/notifier', audit: '/m/audit' },
  queuePrefix: '{postern-1}',
}

t.test('no secret is in the environment of any part', async (t) => {
  const env = { POSTERN_TEST_POSTGRES_URL: 'postgres://postgres:canary@127.0.0.1/postgres' }
  const specs = [sandboxSpec(plan, env), ...serviceSpecs(plan, env)]
  t.notMatch(JSON.stringify(specs.map((spec) => spec.env)), /canary/)
  t.same(
    specs.map(({ name, health }) => `${name} ${health}`),
    [
      'sandbox http://127.0.0.1:4003/livez',
      'gateway http://127.0.0.1:4000/readyz',
      'notifier http://127.0.0.1:4001/readyz',
      'audit http://127.0.0.1:4002/readyz',
    ],
  )
})

t.test('settings of the person reach the services, but not where they would move them', async (t) => {
  const [gateway] = serviceSpecs(plan, {
    POSTERN_LOG_LEVEL: 'debug',
    POSTERN_GATEWAY_PORT: '80',
    POSTERN_SECRETS_DIR: '/elsewhere',
    HOME: '/people/ada',
  })
  t.match(gateway?.env, {
    POSTERN_LOG_LEVEL: 'debug',
    POSTERN_GATEWAY_PORT: '4000',
    POSTERN_SECRETS_DIR: '/m/gateway',
    POSTERN_ENV: 'development',
    POSTERN_PUBLIC_URL: 'http://127.0.0.1:4000',
  })
  t.notOk('HOME' in (gateway?.env ?? {}))
})

t.test('the sandbox takes its settings from the person as well, but not its place', async (t) => {
  const { env } = sandboxSpec(plan, {
    POSTERN_SANDBOX_DELIVERED_AFTER_MS: '500',
    POSTERN_SANDBOX_PORT: '80',
    HOME: '/people/ada',
  })
  t.match(env, { POSTERN_SANDBOX_DELIVERED_AFTER_MS: '500', POSTERN_SANDBOX_PORT: '4003' })
  t.notOk('HOME' in env)
})
