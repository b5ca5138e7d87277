import t, { type Test } from 'tap'
import { type Check, registerHealth } from '../src/health.ts'
import { setup } from './http-app.setup.ts'

const good: Check = { name: 'good', check: async () => ({ ok: true }) }
const hanging: Check = { name: 'hanging', check: () => new Promise(() => {}) }

async function healthOf(t: Test, checks: Check[]) {
  const { app, telemetry, logs } = await setup(t)
  registerHealth(app, { checks, metricsText: telemetry.metricsText, timeoutMs: 30 })
  return { ready: () => app.inject('/readyz'), app, logs, telemetry }
}

t.test('alive is told without asking any dependency', async (t) => {
  const { app } = await healthOf(t, [hanging])
  const response = await app.inject('/livez')
  t.equal(response.statusCode, 200)
  t.same(response.json(), { status: 'alive' })
})

t.test('ready when every dependency is', async (t) => {
  const { ready } = await healthOf(t, [good])
  const response = await ready()
  t.equal(response.statusCode, 200)
  t.same(response.json(), { status: 'ready', checks: { good: { ok: true } } })
})

t.test('not ready names the dependency and the reason', async (t) => {
  const { ready } = await healthOf(t, [
    good,
    {
      name: 'queue',
      check: async () => ({ ok: false, reason: 'maxmemory-policy is allkeys-lru, not noeviction' }),
    },
  ])
  const response = await ready()
  t.equal(response.statusCode, 503)
  t.same(response.json(), {
    status: 'not_ready',
    checks: {
      good: { ok: true },
      queue: { ok: false, reason: 'maxmemory-policy is allkeys-lru, not noeviction' },
    },
  })
})

t.test('a dependency that hangs makes the probe answer within its bound, and is asked once', async (t) => {
  let asked = 0
  let answer = (_: { ok: true }) => {}
  const slow: Check = {
    name: 'slow',
    check: () => {
      asked += 1
      return new Promise((resolve) => {
        answer = resolve
      })
    },
  }
  const { ready } = await healthOf(t, [good, slow])
  const responses = await Promise.all([ready(), ready()])
  const later = await ready()
  for (const response of [...responses, later])
    t.match(response.json(), {
      status: 'not_ready',
      checks: { good: { ok: true }, slow: { reason: /within 30 ms/ } },
    })
  t.equal(asked, 1)
  answer({ ok: true })
  await Promise.resolve()
  t.ok(asked === 1)
})

t.test('no reason tells a secret', async (t) => {
  const url = 'postgres://postern:canary@db.example/postern'
  const failing = (name: string, error: unknown): Check => ({ name, check: () => Promise.reject(error) })
  const { ready, logs } = await healthOf(t, [
    failing('coded', Object.assign(new Error(`cannot reach ${url}`), { code: 'ECONNREFUSED' })),
    failing('plain', new Error(url)),
    failing('odd', undefined),
    { name: 'told', check: async () => ({ ok: false, reason: `no answer from ${url}` }) },
  ])
  const response = await ready()
  t.match(response.json().checks, {
    coded: { reason: 'failed with ECONNREFUSED' },
    plain: { reason: 'failed' },
    odd: { reason: 'failed' },
    told: { reason: 'no answer from postgres://[redacted]@db.example/postern' },
  })
  t.notMatch(response.body + logs.text(), 'canary')
})

t.test('metrics are Prometheus text, and probes are neither measured nor logged at info', async (t) => {
  const { app, logs } = await healthOf(t, [good])
  await app.inject('/readyz')
  await app.inject('/livez')
  const response = await app.inject('/metrics')
  t.equal(response.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  t.match(response.body, /^process_cpu_seconds_total /m)
  t.notMatch(response.body, 'readyz')
  t.same(
    logs.lines().map((line) => line.level),
    ['debug', 'debug', 'debug'],
  )
})
