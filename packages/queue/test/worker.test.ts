// A worker is held open over whatever happens to it.

import { mock } from 'node:test'
import { type DeliverPart, QUEUES } from '@postern/contracts/queues'
import { until } from '@postern/testkit/poll'
import t from 'tap'
import { done } from '../src/job-outcome.ts'
import { type JobHandler, startWorker } from '../src/worker.ts'
import { type FakeWorker, fakeBackend } from './backend/fake-backend.ts'
import { carriedBy, deliverJob, gate, systemClock } from './backend/rig.ts'

const soon = { deadlineMs: 30_000 }

t.beforeEach(() => mock.timers.enable({ apis: ['setInterval'] }))
t.afterEach(() => mock.timers.reset())

/** @param prepare what is not as usual when the worker starts */
function start({ concurrency = 1, handle = async () => done, prepare }: Start = {}) {
  const fake = fakeBackend()
  prepare?.(fake.state)
  const replaced: string[] = []
  const outcomes: string[] = []
  const worker = startWorker(fake.connection, QUEUES.deliverEmail, handle, {
    concurrency,
    metrics: {
      finished: (_queue, outcome) => void outcomes.push(outcome),
      canary: () => {},
      replaced: (queue) => void replaced.push(queue),
    },
    clock: systemClock,
  })
  return { ...fake, replaced, outcomes, worker }
}

interface Start {
  concurrency?: number
  handle?: JobHandler<DeliverPart>
  prepare?: (state: ReturnType<typeof fakeBackend>['state']) => void
}

/** Gives the worker's processor a job, as BullMQ would. */
function run(bull: FakeWorker | undefined, { id, data } = deliverJob(), signal?: AbortSignal) {
  const job = { name: QUEUES.deliverEmail.name, id, data }
  return bull?.processor(job as Parameters<typeof bull.processor>[0], undefined, signal)
}

/** A handler whose parts are done once they are let go. */
function holding() {
  const letGo = gate()
  const begun: string[] = []
  const handle: JobHandler<DeliverPart> = async ({ delivery_id: id }) => {
    begun.push(id)
    await letGo.opened
    return done
  }
  return { handle, begun, letGo }
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
  const prepare: Start['prepare'] = (state) => {
    state.ready = async () => {
      throw Object.assign(new Error('the first INFO failed'), { code: 'ECONNRESET' })
    }
  }
  const { state, workers, worker } = start({ prepare })
  await until(() => workers.length >= 2, soon)
  t.equal(worker.ready(), false)
  t.equal(workers[0]?.abandoned, true)
  state.ready = async () => {}
  await until(() => worker.ready(), soon)
  await worker.drain(100)
})

t.test('nothing is built once it drains', async (t) => {
  const prepare: Start['prepare'] = (state) => {
    state.up = false
  }
  const { state, workers, worker, logs } = start({ prepare })
  await until(() => logs.lines().length === 1, soon)
  await worker.drain(100)
  state.up = true
  await new Promise((resolve) => setTimeout(resolve, 0))
  await lookFor(10_000)
  t.equal(workers.length, 0)
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
  const { handle, letGo } = holding()
  const { workers, worker } = start({ concurrency: 10, handle })
  await until(() => worker.ready(), soon)
  const [bull] = workers
  const first = run(bull, deliverJob({}, 1))
  t.equal(bull?.allowed, 2, 'one beside it, which may be large')
  const second = run(bull, deliverJob({}, 9))
  t.equal(bull?.allowed, 2, 'none')
  letGo.open()
  await Promise.all([first, second])
  t.equal(bull?.allowed, 1, 'one that may be large')
  await worker.drain(100)
})

t.test('what a worker takes before it says that it is ready counts for how much it may take', async (t) => {
  const ready = gate()
  const { handle, letGo } = holding()
  const prepare: Start['prepare'] = (state) => {
    state.ready = () => ready.opened
  }
  const { workers, worker } = start({ concurrency: 25, handle, prepare })
  await until(() => workers.length === 1, soon)
  const [bull] = workers
  const runs = [1, 2, 3].map(() => run(bull))
  t.equal(bull?.allowed, 6, 'three, and three that may be large')
  t.equal(worker.ready(), false)
  ready.open()
  letGo.open()
  await Promise.all(runs)
  await worker.drain(100)
})

t.test('a part that waits for a place begins no more once its job is given up', async (t) => {
  const { handle, begun, letGo } = holding()
  const { workers, worker, outcomes } = start({ handle })
  await until(() => worker.ready(), soon)
  const given = deliverJob({}, 3)
  const abort = new AbortController()
  const over = run(workers[0], given, abort.signal)
  await until(() => begun.length === 1, soon)
  abort.abort()
  letGo.open()
  t.equal(await over, 'done')
  t.same([begun, outcomes], [[carriedBy(given)], ['done', 'skipped', 'skipped']])
  await worker.drain(100)
})
