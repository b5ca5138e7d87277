// The daily removal: it goes on until nothing is left, survives failures, and ends when it is told to.

import { createMetrics } from '@postern/telemetry/metric-names'
import { startTelemetry } from '@postern/telemetry/tracing'
import { capturedLogger } from '@postern/testkit/captured-logs'
import { until } from '@postern/testkit/poll'
import t, { type Test } from 'tap'
import { purgeDaily } from '../../src/retention/purge-daily.ts'
import { setup as setupService } from '../fixtures/in-process.ts'

const soon = { deadlineMs: 30_000, everyMs: 2 }

async function setup(t: Test, answers: (number | Error)[]) {
  const telemetry = await startTelemetry({ service: 'test', version: '0' })
  const logs = capturedLogger('audit')
  const asked: number[] = []
  const purge = async (batch: number) => {
    asked.push(batch)
    const answer = answers.shift() ?? 0
    if (answer instanceof Error) throw answer
    return answer
  }
  const metrics = createMetrics(telemetry.meter)
  const retention = purgeDaily({ purge, logger: logs.logger, metrics, everyMs: 5 })
  t.teardown(async () => {
    await retention.stop()
    await telemetry.stop(500)
  })
  return { asked, logs, retention, text: () => telemetry.metricsText() }
}

t.test('batches follow each other until nothing is left; later looks find nothing', async (t) => {
  const { asked, logs, text } = await setup(t, [1_000, 1_000, 7, 0])
  await until(() => asked.length > 6, soon)
  t.match(await text(), /^postern_retention_purged_total(\{\})? 2007$/m)
  t.same(
    logs.lines().map((line) => line.purged),
    [2_007],
    'told once, not at each look',
  )
})

t.test('a failure is counted and logged, and the next look goes on', async (t) => {
  const { logs, text } = await setup(t, [3, new Error('database down'), 4, 0])
  await until(async () => /purged_total(\{\})? 7$/m.test(await text()), soon)
  t.match(await text(), /^postern_retention_failures_total(\{\})? 1$/m)
  t.equal(logs.lines().filter((line) => line.level === 'warn').length, 1)
})

t.test('after the stop no batch begins', async (t) => {
  const { asked, retention } = await setup(
    t,
    Array.from({ length: 10_000 }, () => 1),
  )
  await until(() => asked.length > 0, soon)
  await retention.stop()
  const then = asked.length
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(asked.length, then)
  t.ok(then < 10_000)
})

t.test('the service purges from its start, and shows when it last did', async (t) => {
  const { context } = await setupService(t)

  await until(async () => {
    const text = await context.telemetry.metricsText()

    return /^postern_retention_ended_timestamp_seconds(\{\})? [1-9]/m.test(text)
  }, soon)
})
