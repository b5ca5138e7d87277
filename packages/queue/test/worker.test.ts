// A worker is held open over whatever happens to it.

import { mock } from 'node:test'
import { QUEUES } from '@postern/contracts/queues'
import { until } from '@postern/testkit/poll'
import t from 'tap'
import { startWorker } from '../src/worker.ts'
import { fakeBackend } from './backend/fake-backend.ts'
import { carriedBy, deliverJob, gate, systemClock } from './backend/rig.ts'

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

t.test('a worker that has a large job asks for fewer beside it', async (t) => {
  const fake = fakeBackend()
  const letGo = gate()
  const handle = async () => {
    await letGo.opened
    return { kind: 'done' as const }
  }
  const worker = startWorker(fake.connection, QUEUES.deliverEmail, handle, {
    concurrency: 10,
    metrics: { finished: () => {}, canary: () => {}, replaced: () => {} },
    clock: systemClock,
  })
  await until(() => worker.ready(), soon)
  const [bull] = fake.workers
  const run = (size: number) => {
    const job = { name: QUEUES.deliverEmail.name, id: 'j', data: deliverJob({}, size).data }
    return bull?.processor(job as Parameters<typeof bull.processor>[0], undefined, undefined)
  }
  const first = run(1)
  t.equal(bull?.allowed, 2, 'one beside it, which may be large')
  const second = run(9)
  t.equal(bull?.allowed, 2, 'none')
  letGo.open()
  await Promise.all([first, second])
  t.equal(bull?.allowed, 1, 'one that may be large')
  await worker.drain(100)
})

t.test('what a worker takes before it says that it is ready counts for how much it may take', async (t) => {
  const fake = fakeBackend()
  const ready = gate()
  fake.state.ready = () => ready.opened
  const letGo = gate()
  const handle = async () => {
    await letGo.opened
    return { kind: 'done' as const }
  }
  const worker = startWorker(fake.connection, QUEUES.deliverEmail, handle, {
    concurrency: 25,
    metrics: { finished: () => {}, canary: () => {}, replaced: () => {} },
    clock: systemClock,
  })
  await until(() => fake.workers.length === 1, soon)
  const [bull] = fake.workers
  const job = { name: QUEUES.deliverEmail.name, id: 'j', data: deliverJob().data }
  const runs = [1, 2, 3].map(() =>
    bull?.processor(job as Parameters<typeof bull.processor>[0], undefined, undefined),
  )
  t.equal(bull?.allowed, 6, 'three, and three that may be large')
  t.equal(worker.ready(), false)
  ready.open()
  letGo.open()
  await Promise.all(runs)
  await worker.drain(100)
})

t.test('a part that waits for a place begins no more once its job is given up', async (t) => {
  const fake = fakeBackend()
  const letGo = gate()
  const begun: string[] = []
  const handle = async (part: { delivery_id: string }) => {
    begun.push(part.delivery_id)
    await letGo.opened
    return { kind: 'done' as const }
  }
  const outcomes: string[] = []
  const finished = (_queue: string, outcome: string) => void outcomes.push(outcome)
  const worker = startWorker(fake.connection, QUEUES.deliverEmail, handle, {
    concurrency: 1,
    metrics: { finished, canary: () => {}, replaced: () => {} },
    clock: systemClock,
  })
  await until(() => worker.ready(), soon)
  const [bull] = fake.workers
  const given = deliverJob({}, 3)
  const job = { name: QUEUES.deliverEmail.name, id: given.id, data: given.data }
  const abort = new AbortController()
  const run = bull?.processor(job as Parameters<typeof bull.processor>[0], undefined, abort.signal)
  await until(() => begun.length === 1, soon)
  abort.abort()
  letGo.open()
  t.equal(await run, 'done')
  t.same([begun, outcomes], [[carriedBy(given)], ['done', 'skipped', 'skipped']])
  await worker.drain(100)
})
