// The relay against doubles: what it hands over, how it behaves when either side fails, and how it starts and stops.

import { randomUUID } from 'node:crypto'
import { manualClock } from '@postern/testkit/manual-clock'
import { until } from '@postern/testkit/poll'
import t from 'tap'
import { relayBed } from './relay/relay-bed.ts'

const soon = { deadlineMs: 30_000, everyMs: 2 }
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

t.test('a due delivery becomes a job of its channel, under its id and drive, with its trace', async (t) => {
  const bed = relayBed(t)
  const mail = bed.memory.add({ traceparent })
  const text = bed.memory.add({ channel: 'sms', drive: 6 })
  bed.start()
  await until(() => bed.counts.queued === 2, soon)
  t.same(
    [...bed.email.jobs.values()],
    [
      {
        id: `${mail.deliveryId}.1`,
        data: { v: 1, tenant_id: mail.tenantId, delivery_id: mail.deliveryId },
        traceparent,
      },
    ],
  )
  t.same([...bed.sms.jobs.keys()], [`${text.deliveryId}.7`])
})

t.test('deliveries go out in the order in which they were due', async (t) => {
  const bed = relayBed(t)
  const rows = [5, 3, 8, 1, 9, 2].map((dueAt) => bed.memory.add({ dueAt }))
  const inOrder = rows.toSorted((a, b) => a.dueAt - b.dueAt).map((row) => `${row.deliveryId}.1`)
  bed.start()
  await until(() => bed.counts.queued === rows.length, soon)
  t.same([...bed.email.jobs.keys()], inOrder)
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
  await until(() => (bed.memory.calls.overdueQueued ?? 0) >= 2, soon)
  t.same([bed.counts.redriven, bed.email.jobs.size], [0, 50])
})

t.test('what a worker had and did not end is handed over again, and counted as that', async (t) => {
  const bed = relayBed(t)
  bed.memory.add()
  for (const channel of ['email', 'sms', 'sms'] as const) bed.memory.add({ channel, status: 'sending' })
  bed.start()
  await until(() => bed.counts.queued === 4, soon)
  t.equal(bed.counts.leasesEnded, 3)
})

t.test('what the queue lost is driven again, the longest overdue first', async (t) => {
  const bed = relayBed(t, { pollMs: 20, aheadMs: 200 })
  const [kept, ...lost] = Array.from({ length: 30 }, (_, n) => bed.memory.add({ dueAt: n }).deliveryId)
  bed.start()
  await until(() => bed.counts.queued === 30, soon)
  for (const id of lost) bed.email.jobs.delete(`${id}.1`)
  await until(() => bed.counts.redriven === 29, soon)
  t.same([...bed.email.jobs.keys()], [`${kept}.1`, ...lost.map((id) => `${id}.2`)])
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
    t.equal(bed[broken === 'email' ? 'sms' : 'email'].jobs.size, 10)
  }
})

t.test('a queue that refuses costs one row a try and loses nothing', async (t) => {
  const bed = relayBed(t, { pollMs: 20, aheadMs: 300, batch: 5 })
  for (let n = 0; n < 20; n += 1) bed.memory.add()
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
  await until(() => bed.email.jobs.size === 20, { ...soon, deadlineMs: 30_000 })
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
