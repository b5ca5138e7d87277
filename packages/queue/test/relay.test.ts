// The relay against doubles: what it hands over, how it behaves when either side fails, and how it starts and stops.

import { randomUUID } from 'node:crypto'
import { manualClock } from '@postern/testkit/manual-clock'
import { until } from '@postern/testkit/poll'
import t from 'tap'
import { jobOf, relayBed } from './relay/relay-bed.ts'

const soon = { deadlineMs: 30_000, everyMs: 2 }
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

t.test('a due delivery becomes a job of its channel, under its id and drive, with its trace', async (t) => {
  const bed = relayBed(t)
  const mail = bed.memory.add({ traceparent })
  const text = bed.memory.add({ channel: 'sms', drive: 6 })
  bed.start()
  await until(() => bed.counts.queued === 2, soon)
  t.same([...bed.email.jobs.values()], [jobOf(mail)])
  t.same([...bed.sms.jobs.keys()], [`${text.deliveryId}.7`])
})

t.test('deliveries go out in the order in which they were due', async (t) => {
  const bed = relayBed(t)
  const rows = [5, 3, 8, 1, 9, 2].map((dueAt) => bed.memory.add({ dueAt }))
  const inOrder = rows.toSorted((a, b) => a.dueAt - b.dueAt).map((row) => row.deliveryId)
  bed.start()
  await until(() => bed.counts.queued === rows.length, soon)
  t.same(bed.email.carried(), inOrder)
})

t.test('a backlog goes out in full batches, without waiting for the timer', async (t) => {
  const bed = relayBed(t, { pollMs: 60_000, batch: 10 })
  for (let n = 0; n < 400; n += 1) bed.memory.add()
  bed.start()
  await until(() => bed.counts.queued === 400, soon)
  t.same(new Set(bed.email.state.adds), new Set([10]))
})

t.test('nudges bring a round at once, and many of them few rounds', async (t) => {
  const bed = relayBed(t, { pollMs: 60_000 })
  const relay = bed.start()
  await until(() => bed.counts.rounds === 1, soon)
  for (let n = 0; n < 1_000; n += 1) {
    bed.memory.add()
    relay.nudge()
  }
  await until(() => bed.counts.queued === 1_000, soon)
  t.ok(bed.counts.rounds <= 8, `${bed.counts.rounds} rounds`)
})

t.test('a nudge right after a round is not lost', async (t) => {
  const bed = relayBed(t, { pollMs: 60_000 })
  const relay = bed.start()
  for (let rounds = 1; rounds <= 5; rounds += 1) {
    await until(() => bed.counts.rounds === rounds, { ...soon, everyMs: 0 })
    relay.nudge()
  }
  await until(() => bed.counts.rounds === 6, soon)
})

t.test('the timer alone is enough', async (t) => {
  const bed = relayBed(t, { pollMs: 20 })
  bed.start()
  await until(() => bed.counts.rounds > 2, soon)
  bed.memory.add()
  await until(() => bed.counts.queued === 1, soon)
})

t.test('events go 500 to a job, never under the id of an earlier job', async (t) => {
  const bed = relayBed(t, { pollMs: 20, aheadMs: 50 })
  for (let n = 0; n < 1_200; n += 1) bed.memory.events.set(randomUUID(), 0)
  bed.start()
  await until(() => bed.counts.eventsQueued >= 2_400, soon)
  const jobs = [...bed.events.jobs.values()]
  t.equal(
    jobs.reduce((sum, { data }) => sum + data.event_ids.length, 0),
    bed.counts.eventsQueued,
  )
  t.ok(jobs.every(({ id, data }) => data.event_ids.length <= 500 && id.startsWith(`${data.event_ids[0]}.`)))
})

t.test('what waits its turn in the queue is never added again, however long it waits', async (t) => {
  const bed = relayBed(t, { pollMs: 20, aheadMs: 1 })
  for (let n = 0; n < 50; n += 1) bed.memory.add()
  bed.start()
  await until(() => (bed.memory.calls.redriveLost ?? 0) >= 2, soon)
  t.same([bed.counts.redriven, bed.email.carried().length], [0, 50])
})

t.test('what a worker had and did not end is handed over again, and counted as that', async (t) => {
  const bed = relayBed(t)
  bed.memory.add()
  for (const channel of ['email', 'sms', 'sms'] as const) bed.memory.add({ channel, status: 'sending' })
  bed.start()
  await until(() => bed.counts.queued === 4, soon)
  t.equal(bed.counts.leasesEnded, 3)
})

t.test('what is due together shares jobs of ten, but for what a worker had and did not end', async (t) => {
  const bed = relayBed(t)
  const ids = Array.from({ length: 25 }, (_, n) => bed.memory.add({ dueAt: n, traceparent }).deliveryId)
  const had = [1, 2].map(() => bed.memory.add({ status: 'sending', drive: 3 }).deliveryId)
  bed.start()
  await until(() => bed.counts.queued === 27, soon)
  const jobs = [...bed.email.jobs.values()]
  t.same(
    jobs.map(({ id, data }) => [id, data.deliveries.length]),
    [
      [`${had[0]}.4`, 1],
      [`${had[1]}.4`, 1],
      [`${ids[0]}.1`, 10],
      [`${ids[10]}.1`, 10],
      [`${ids[20]}.1`, 5],
    ],
  )
  t.same(bed.email.carried(), [...had, ...ids])
  t.ok(
    jobs.every((job) => job.traceparent === null),
    'a job of several is in no request’s trace',
  )
})

t.test('what the queue lost is driven again, each alone, the longest queued first', async (t) => {
  const bed = relayBed(t, { pollMs: 20 })
  const ids = [3, 1, 2].map((dueAt) => bed.memory.add({ status: 'queued', drive: 1, dueAt }).deliveryId)
  bed.start()
  await until(() => bed.counts.redriven === 3, soon)
  t.same(
    [...bed.email.jobs.keys()],
    [1, 2, 0].map((n) => `${ids[n]}.2`),
  )
})

t.test('lost is what was queued well before all that its queue has; the rest waits its turn', async (t) => {
  const bed = relayBed(t, { pollMs: 20 })
  const oldest = 1_000_000
  const queued = (at: number, channel: 'email' | 'sms') =>
    bed.memory.add({ status: 'queued', drive: 1, dueAt: 1, queuedAt: new Date(at), channel }).deliveryId
  const [lost, perhaps, waits] = [-2_000, -1_999, 3_000].map((ms) => queued(oldest + ms, 'email'))
  const text = queued(oldest + 9_000, 'sms')
  const job = { v: 2 as const, queued_at: oldest, deliveries: [] }
  bed.email.jobs.set('next', { id: 'next', data: job, traceparent: null })
  bed.start()
  await until(() => (bed.memory.calls.redriveLost ?? 0) >= 4, soon)
  t.same([...bed.email.jobs.keys()], ['next', `${lost}.2`])
  t.same([...bed.sms.jobs.keys()], [`${text}.2`], 'each queue for itself')
  bed.email.jobs.clear()
  await until(() => bed.counts.redriven === 4, soon)
  t.same([...bed.email.jobs.keys()].toSorted(), [`${perhaps}.2`, `${waits}.2`].toSorted())
})

t.test('a queue that answers and takes nothing is tried with one lost row at a time', async (t) => {
  const bed = relayBed(t, { pollMs: 20, aheadMs: 100 })
  for (let n = 0; n < 500; n += 1) bed.memory.add({ status: 'queued', drive: 1, dueAt: 1 })
  bed.email.state.fails = true
  bed.email.producer.oldest = async () => null
  bed.start()
  await until(() => bed.counts.queue >= 4, soon)
  const [first, ...later] = bed.email.state.adds
  t.equal(first, 200, 'a batch')
  t.same(new Set(later), new Set([1]))
  bed.email.state.fails = false
  await until(() => new Set(bed.email.carried()).size === 500, soon)
})

t.test('a queue whose next job cannot be told is left alone', async (t) => {
  const bed = relayBed(t, { pollMs: 20 })
  bed.memory.add({ status: 'queued', drive: 1, dueAt: 1 })
  bed.memory.add({ status: 'queued', drive: 1, dueAt: 1, channel: 'sms' })
  bed.email.producer.oldest = async () => 'unknown'
  bed.start()
  await until(() => bed.counts.redriven === 1, soon)
  t.same([bed.email.jobs.size, bed.sms.jobs.size], [0, 1])
})

t.test('while the queue is away nothing is claimed, yet what runs out of time still ends', async (t) => {
  const bed = relayBed(t, { pollMs: 20 })
  bed.email.state.ready = false
  bed.memory.add()
  bed.memory.add({ expiresAt: 1 })
  bed.start()
  await until(() => bed.counts.expired === 1, soon)
  t.equal(bed.memory.calls.claimDue, undefined)
  bed.email.state.ready = true
  await until(() => bed.counts.queued === 1, soon)
})

t.test('a channel that fails does not keep the other from going out, and is counted', async (t) => {
  for (const broken of ['email', 'sms'] as const) {
    const bed = relayBed(t)
    for (let n = 0; n < 20; n += 1) bed.memory.add({ channel: n < 10 ? 'email' : 'sms' })
    bed[broken].state.fails = true
    bed.start()
    await until(() => bed.counts.queue >= 1, soon)
    t.equal(bed[broken === 'email' ? 'sms' : 'email'].carried().length, 10)
  }
})

t.test('a queue that refuses costs one row a try and loses nothing', async (t) => {
  const bed = relayBed(t, { pollMs: 20, aheadMs: 300, batch: 5 })
  for (let n = 0; n < 20; n += 1) bed.memory.add()
  bed.email.producer.oldest = async () => null
  bed.email.state.fails = true
  bed.start()
  await until(() => bed.counts.queue >= 3, soon)
  const [first, ...later] = bed.email.state.adds
  t.equal(first, 5)
  t.ok(
    later.every((size) => size === 1),
    `then ${later}`,
  )
  bed.email.state.fails = false
  await until(() => new Set(bed.email.carried()).size === 20, { ...soon, deadlineMs: 30_000 })
  t.equal(bed.logs.lines().length, 0, 'the connection tells that the queue is away, not the relay')
})

t.test('a database that is down is told once, and the relay goes on when it is back', async (t) => {
  const bed = relayBed(t, { pollMs: 20 })
  bed.memory.fault.error = Object.assign(new Error('connect failed: secret-canary'), { code: 'ECONNREFUSED' })
  bed.memory.add()
  bed.start()
  await until(() => bed.counts.store >= 10, soon)
  delete bed.memory.fault.error
  await until(() => bed.counts.queued === 1, soon)
  await until(() => bed.logs.lines().length === 2, soon)
  t.match(bed.logs.lines(), [
    { level: 'warn', reason: 'ECONNREFUSED' },
    { level: 'info', msg: 'relay works again' },
  ])
  t.notMatch(bed.logs.text(), 'secret-canary')
})

t.test('a stop finishes the running round and begins no other', async (t) => {
  const bed = relayBed(t, { pollMs: 10, batch: 2 })
  for (let n = 0; n < 10; n += 1) bed.memory.add()
  const claim = bed.memory.store.claimDue
  const letGo = Promise.withResolvers<void>()
  let asked = false
  bed.memory.store.claimDue = async (batch) => {
    asked = true
    await letGo.promise
    return claim(batch)
  }
  const relay = bed.start()
  await until(() => asked, soon)
  const stopped = relay.stop(1_000)
  relay.nudge()
  letGo.resolve()
  await stopped
  t.same([bed.counts.rounds, bed.counts.queued], [1, 2], 'what was claimed was added')
  const other = relayBed(t, { pollMs: 10 })
  other.start()
  await until(() => other.counts.rounds > 5, soon)
  t.equal(bed.counts.rounds, 1, 'none while another relay makes five')
})

t.test('a stop does not wait longer than its deadline', async (t) => {
  const bed = relayBed(t)
  const answer = Promise.withResolvers<[]>()
  let asked = false
  bed.memory.store.claimDue = () => {
    asked = true
    return answer.promise
  }
  const relay = bed.start()
  await until(() => asked, soon)
  const from = performance.now()
  await relay.stop(50)
  t.ok(performance.now() - from < 10_000)
  answer.resolve([])
})

t.test(
  'every queue gets a canary at the start and each half minute, but none while the queue is away',
  async (t) => {
    const clock = manualClock()
    const bed = relayBed(t, { pollMs: 1, clock })
    bed.sms.state.ready = false
    bed.start()
    await until(() => bed.counts.rounds > 5, soon)
    t.same(
      [bed.email, bed.sms, bed.events].flatMap(({ state }) => state.canaries),
      [],
    )
    bed.sms.state.ready = true
    clock.advance(30_000)
    const each = () => [bed.email, bed.sms, bed.events].map(({ state }) => state.canaries.length)
    await until(() => bed.events.state.canaries.length === 1, soon)
    const { rounds } = bed.counts
    clock.advance(29_000)
    await until(() => bed.counts.rounds > rounds + 5, soon)
    t.same(each(), [1, 1, 1])
    clock.advance(1_000)
    await until(() => bed.events.state.canaries.length === 2, soon)
    t.same(each(), [2, 2, 2])
  },
)

t.test('a process may be killed before deliveries are added, and right after', async (t) => {
  const bed = relayBed(t, { pollMs: 60_000 })
  bed.memory.add()
  bed.memory.add({ channel: 'sms' })
  const added = () => [bed.email, bed.sms].map(({ jobs }) => jobs.size)
  const reached: string[] = []
  bed.start((point) => reached.push(`${point}: ${added()}`))
  await until(() => reached.length === 3, soon)
  t.match(reached, ['K3: 0,0', /^K4: /, 'K4: 1,1'])
  t.same(
    [...bed.memory.rows.values()].map(({ status }) => status),
    ['queued', 'queued'],
    'marked before',
  )
})
