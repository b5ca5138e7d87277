// A worker is held open over whatever happens to it.

import { mock } from 'node:test'
import { QUEUES } from '@postern/contracts/queues'
import { until } from '@postern/testkit/poll'
import t from 'tap'
import { startWorker } from '../src/worker.ts'
import { fakeBackend } from './backend/fake-backend.ts'
import { systemClock } from './backend/rig.ts'

const soon = { deadlineMs: 30_000 }

t.beforeEach(() => mock.timers.enable({ apis: ['setInterval'] }))
t.afterEach(() => mock.timers.reset())

function start() {
  const fake = fakeBackend()
  const replaced: string[] = []
  const worker = startWorker(fake.connection, QUEUES.deliverEmail, async () => ({ kind: 'done' }), {
    concurrency: 1,
    metrics: { finished: () => {}, canary: () => {}, replaced: (queue) => void replaced.push(queue) },
    clock: systemClock,
  })
  return { ...fake, replaced, worker }
}

/** The looks that the worker has at itself in `ms`, each to its end. */
async function lookFor(ms: number) {
  for (let passed = 0; passed < ms; passed += 2_500) {
    mock.timers.tick(2_500)
    await new Promise(setImmediate)
  }
}

t.test('a worker that takes nothing while jobs wait is replaced, and the log says so', async (t) => {
  const { state, workers, replaced, worker, logs } = start()
  await until(() => worker.ready(), soon)
  await lookFor(30_000)
  t.equal(workers.length, 1, 'an idle one is left alone')
  state.waiting = true
  await lookFor(15_000)
  await until(() => workers.length === 2 && worker.ready(), soon)
  t.same(replaced, ['deliver-email'])
  t.equal(workers[0]?.abandoned, true)
  t.match(logs.lines(), [{ level: 'error', queue: 'deliver-email' }])
  await worker.drain(100)
})

t.test('a worker whose loop ended is replaced at the next look', async (t) => {
  const { workers, worker } = start()
  await until(() => worker.ready(), soon)
  for (const one of workers) one.running = false
  t.equal(worker.ready(), false)
  await lookFor(2_500)
  await until(() => workers.length === 2 && worker.ready(), soon)
  await worker.drain(100)
})

t.test('a worker that does not become ready is thrown away and built again', async (t) => {
  const fake = fakeBackend()
  fake.state.ready = async () => {
    throw Object.assign(new Error('the first INFO failed'), { code: 'ECONNRESET' })
  }
  const worker = startWorker(fake.connection, QUEUES.deliverEmail, async () => ({ kind: 'done' }), {
    concurrency: 1,
    metrics: { finished: () => {}, canary: () => {}, replaced: () => {} },
    clock: systemClock,
  })
  await until(() => fake.workers.length >= 2, soon)
  t.equal(worker.ready(), false)
  t.equal(fake.workers[0]?.abandoned, true)
  fake.state.ready = async () => {}
  await until(() => worker.ready(), soon)
  await worker.drain(100)
})

t.test('nothing is built once it drains', async (t) => {
  const fake = fakeBackend()
  fake.state.up = false
  const worker = startWorker(fake.connection, QUEUES.deliverEmail, async () => ({ kind: 'done' }), {
    concurrency: 1,
    metrics: { finished: () => {}, canary: () => {}, replaced: () => {} },
    clock: systemClock,
  })
  await until(() => fake.logs.lines().length === 1, soon)
  await worker.drain(100)
  fake.state.up = true
  await new Promise((resolve) => setTimeout(resolve, 0))
  await lookFor(10_000)
  t.equal(fake.workers.length, 0)
})

t.test('a drain waits for a job that a worker took before it said that it was ready', async (t) => {
  const { state, workers, worker } = start()
  const never = new Promise<void>(() => {})
  state.ready = () => never
  let finish = () => {}
  state.closed = () =>
    new Promise((resolve) => {
      finish = resolve
    })
  await until(() => workers.length === 1, soon)
  t.equal(worker.ready(), false)
  let over = false
  const drained = worker.drain(60_000).then(() => {
    over = true
  })
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate)
  t.equal(over, false)
  finish()
  await drained
  t.equal(workers[0]?.abandoned, false)
})
