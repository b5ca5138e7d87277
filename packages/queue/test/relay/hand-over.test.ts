// What this process committed as queued is added by this process, or found lost later.

import { randomUUID } from 'node:crypto'
import { until } from '@postern/testkit/poll'
import t from 'tap'
import type { DrivenDelivery } from '../../src/relay/relay-store.ts'
import { jobOf, relayBed } from './relay-bed.ts'

const soon = { deadlineMs: 30_000, everyMs: 2 }
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

const delivery = (change: Partial<DrivenDelivery> = {}): DrivenDelivery => ({
  tenantId: randomUUID(),
  deliveryId: randomUUID(),
  channel: 'email',
  drive: 1,
  queuedAt: new Date(1_000_000),
  traceparent,
  ...change,
})

t.test('what is handed over is added at once, without a look at what is due', async (t) => {
  const bed = relayBed(t, { pollMs: 60_000 })
  const relay = bed.start()
  await until(() => bed.counts.rounds === 1, soon)
  const claims = bed.memory.calls.claimDue
  const [mail, text] = [delivery(), delivery({ channel: 'sms' })]
  relay.hand(mail)
  relay.hand(text)
  await until(() => bed.counts.queued === 2, soon)
  t.same([...bed.email.jobs.values()], [jobOf(mail)])
  t.same(bed.sms.carried(), [text.deliveryId])
  t.same([bed.counts.rounds, bed.memory.calls.claimDue], [1, claims])
})

t.test('what comes together shares jobs, as old as the oldest that they carry', async (t) => {
  const bed = relayBed(t, { pollMs: 60_000 })
  const relay = bed.start()
  const many = Array.from({ length: 1_000 }, (_, n) => delivery({ queuedAt: new Date(5_000 - n) }))
  for (const one of many) relay.hand(one)
  await until(() => bed.counts.queued === 1_000, soon)
  t.same(
    bed.email.carried(),
    many.map((one) => one.deliveryId),
    'in the order in which it came',
  )
  t.ok(bed.email.jobs.size <= 102, `${bed.email.jobs.size} jobs`)
  const last = [...bed.email.jobs.values()].at(-1)
  t.equal(last?.data.queued_at, 5_000 - 999)
})

t.test('nothing more is taken while the queue fails, or is away, or the process ends', async (t) => {
  const bed = relayBed(t, { pollMs: 20 })
  const relay = bed.start()
  t.equal(relay.takes(), true)
  bed.email.state.ready = false
  t.equal(relay.takes(), false, 'away')
  bed.email.state.ready = true
  bed.email.state.fails = true
  relay.hand(delivery())
  await until(() => bed.counts.queue >= 1, soon)
  t.equal(relay.takes(), false, 'failing')
  t.equal(bed.counts.queued, 0, 'what could not be added is left to be found')
  bed.email.state.fails = false
  // What is committed as due now is its probe.
  bed.memory.add()
  await until(() => relay.takes(), soon)
  await relay.stop(1_000)
  t.equal(relay.takes(), false, 'ended')
})

t.test('a queue that is slow is not waited for with more than a thousand', async (t) => {
  const bed = relayBed(t, { pollMs: 60_000 })
  const letGo = Promise.withResolvers<void>()
  const { addBulk } = bed.email.producer
  bed.email.producer.addBulk = async (jobs) => {
    await letGo.promise
    return addBulk(jobs)
  }
  const relay = bed.start()
  relay.hand(delivery())
  for (let n = 0; n < 1_000; n += 1) {
    t.ok(relay.takes())
    relay.hand(delivery())
  }
  t.equal(relay.takes(), false)
  letGo.resolve()
  await until(() => bed.counts.queued === 1_001, soon)
  t.equal(relay.takes(), true)
})

t.test('a stop adds what was handed over before it', async (t) => {
  const bed = relayBed(t, { pollMs: 60_000 })
  const relay = bed.start()
  for (let n = 0; n < 30; n += 1) relay.hand(delivery())
  await relay.stop(5_000)
  t.equal(bed.counts.queued, 30)
})

t.test('a failure that is not the queue’s absence is logged once, and its end', async (t) => {
  const bed = relayBed(t, { pollMs: 60_000 })
  const relay = bed.start()
  const { addBulk } = bed.email.producer
  bed.email.producer.addBulk = async () => {
    throw Object.assign(new Error('secret-canary'), { code: 'EFAULT' })
  }
  for (const times of [1, 2]) {
    relay.hand(delivery())
    await until(() => bed.counts.queue === times, soon)
  }
  bed.email.producer.addBulk = addBulk
  relay.hand(delivery())
  await until(() => bed.logs.lines().length === 2, soon)
  t.match(bed.logs.lines(), [
    { level: 'warn', what: 'hand-over', reason: 'EFAULT' },
    { level: 'info', msg: 'hand-over works again' },
  ])
  t.notMatch(bed.logs.text(), 'secret-canary')
})
