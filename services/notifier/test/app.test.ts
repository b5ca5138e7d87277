import { openAmbient } from '@postern/service-kit/ambient'
import { capturedLogger } from '@postern/testkit/captured-logs'
import { freePort } from '@postern/testkit/free-port'
import { until } from '@postern/testkit/poll'
import { testRedis } from '@postern/testkit/redis'
import t, { type Test } from 'tap'
import { buildApp, buildWorkers } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { buildContext } from '../src/context.ts'
import { deliveryState, givenDelivery } from './delivery-fixture.ts'
import { type House, house } from './process-fixture.ts'
import { vendorDouble } from './vendor-fixture.ts'

/** The notifier inside this process, as main builds it. */
async function start(t: Test, h: House, env: Readonly<Record<string, string>> = {}) {
  const stops: (() => Promise<unknown>)[] = []
  const parts = {
    add: (_name: string, stop: (leftMs: number) => unknown) => {
      stops.unshift(async () => stop(5_000))
    },
  }
  t.teardown(async () => {
    for (const stop of stops) await stop()
  })
  const config = readConfig({
    POSTERN_ENV: 'development',
    POSTERN_SECRETS_DIR: h.secretsDir,
    POSTERN_NOTIFIER_PORT: String(await freePort()),
    ...env,
  })
  const { settings } = config
  const { logger } = capturedLogger('notifier')
  const ambient = await openAmbient({ service: 'notifier', logger, settings }, parts)
  const context = await buildContext(config, ambient, parts)
  const workers = buildWorkers(context)
  const app = await buildApp(context, workers)
  parts.add('http', () => app.close())
  const url = await app.listen({ host: settings.host, port: settings.port })
  parts.add('workers', (leftMs) => workers.drain(leftMs))
  workers.start()
  return { url, app }
}

async function readiness(url: string): Promise<{ code: number; checks: Record<string, unknown> }> {
  const answer = await fetch(`${url}/readyz`)
  const { checks } = (await answer.json()) as { checks: Record<string, unknown> }
  return { code: answer.status, checks }
}

const isReady = (url: string) => async () => (await readiness(url)).code === 200

t.test('the notifier starts, is ready and tells its metrics', async (t) => {
  const { url, app } = await start(t, await house(t))
  await t.resolves(app.compileSchemas(), 'every schema is one that its validator or serializer takes')
  t.equal((await fetch(`${url}/livez`)).status, 200)
  await until(isReady(url), { deadlineMs: 30_000, what: 'readiness' })
  t.match((await readiness(url)).checks, {
    database: { ok: true },
    queue: { ok: true },
    workers: { ok: true },
  })
  t.match(await (await fetch(`${url}/metrics`)).text(), /^# HELP process_cpu_seconds_total/m)
})

t.test(
  'without its queue it starts, says what is missing, and delivers once the queue is there',
  async (t) => {
    const redis = await testRedis(t, { started: false })
    const h = await house(t, redis.url)
    const vendor = await vendorDouble(t)
    const { url } = await start(t, h, { POSTERN_SENDGRID_URL: vendor.url })
    t.equal((await fetch(`${url}/livez`)).status, 200)
    t.match(await readiness(url), {
      code: 503,
      checks: { queue: { ok: false, reason: 'queue_unreachable' } },
    })
    const ids = await givenDelivery(h, { status: 'pending', dueIn: 0 })
    await redis.start()
    await until(async () => (await deliveryState(h, ids)).status === 'accepted', {
      deadlineMs: 30_000,
      what: 'the mail after the queue came back',
    })
    await until(isReady(url), { deadlineMs: 30_000, what: 'readiness' })
  },
)

t.test('a queue that forgets everything loses no mail', async (t) => {
  const redis = await testRedis(t)
  const h = await house(t, redis.url)
  const vendor = await vendorDouble(t)
  await vendor.fault({ mode: 'delay', delay_ms: 200, times: 20 })
  await start(t, h, { POSTERN_SENDGRID_URL: vendor.url, POSTERN_NOTIFIER_EMAIL_CONCURRENCY: '1' })
  const all = await Promise.all(
    Array.from({ length: 20 }, () => givenDelivery(h, { status: 'pending', dueIn: 0 })),
  )
  const queued = async () => {
    const { rowCount } = await h.admin.query(`SELECT FROM deliveries WHERE status = 'queued'`)
    return (rowCount ?? 0) >= 3
  }
  await until(queued, { deadlineMs: 30_000, what: 'mails that wait in the queue' })
  await redis.kill()
  await redis.start()
  for (const ids of all) {
    await until(async () => (await deliveryState(h, ids)).status === 'accepted', {
      deadlineMs: 30_000,
      what: 'a mail that the queue lost',
    })
    t.equal((await vendor.calls(ids)).length, 1)
  }
})
