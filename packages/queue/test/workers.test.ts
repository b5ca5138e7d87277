// A service's workers are one part of it.

import { QUEUES } from '@postern/contracts/queues'
import { until } from '@postern/testkit/poll'
import t from 'tap'
import { done } from '../src/job-outcome.ts'
import { checkWorkers } from '../src/readiness.ts'
import { createWorkers } from '../src/workers.ts'
import { fakeBackend } from './backend/fake-backend.ts'
import { systemClock } from './backend/rig.ts'

const soon = { deadlineMs: 30_000 }

function setup() {
  const fake = fakeBackend()
  const works = [QUEUES.deliverEmail, QUEUES.deliverSms].map((queue) => ({
    queue,
    handle: async () => done,
    concurrency: 1,
  }))
  const settings = {
    metrics: { finished: () => {}, canary: () => {}, replaced: () => {} },
    clock: systemClock,
  }
  return { ...fake, all: createWorkers(fake.connection, works, settings) }
}

t.test('nothing is worked, and nothing is ready, before the start', async (t) => {
  const { all, workers } = setup()
  t.same(await checkWorkers(all), { ok: false, reason: 'a worker takes no jobs' })
  t.equal(workers.length, 0)
  await all.drain(100)
})

t.test('one worker that takes no jobs makes all of them not ready', async (t) => {
  const { all, workers } = setup()
  all.start()
  await until(() => all.ready(), soon)
  t.same(await checkWorkers(all), { ok: true })
  const [first] = workers
  if (first !== undefined) first.running = false
  t.match(await checkWorkers(all), { ok: false })
  await all.drain(100)
})

t.test('all of them are drained', async (t) => {
  const { all } = setup()
  all.start()
  await until(() => all.ready(), soon)
  await all.drain(100)
  t.equal(all.ready(), false)
})
