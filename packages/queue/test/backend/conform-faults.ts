// What a backend may do to us: be down, die, forget, fall silent. Everything goes on by itself when it is back.

import { randomUUID } from 'node:crypto'
import { MOST_DELIVERIES, QUEUES } from '@postern/contracts/queues'
import { until } from '@postern/testkit/poll'
import type { Test } from 'tap'
import { createProducer } from '../../src/producer.ts'
import { checkQueue } from '../../src/readiness.ts'
import { startRelay } from '../../src/relay.ts'
import { memoryStore } from '../relay/memory-store.ts'
import { countingMetrics } from '../relay/relay-bed.ts'
import {
  addWhenUp,
  carriedBy,
  deliverJob,
  gate,
  type MakeRig,
  openParts,
  remembering,
  seconds,
  systemClock,
} from './rig.ts'
import { silentProxy } from './silent-proxy.ts'

export async function conformFaults(t: Test, makeRig: MakeRig): Promise<void> {
  await t.test(
    'a backend that is down at the start delays nothing, and all goes once it is up',
    async (t) => {
      const rig = await makeRig(t, { started: false })
      const { connection, producer, work, finished, logs } = await openParts(t, rig.url)
      const worker = work(remembering().handler)
      const job = deliverJob()
      await t.rejects(producer.addBulk([job]), { code: 'QUEUE_UNAVAILABLE' })
      await t.rejects(producer.oldest(), { code: 'QUEUE_UNAVAILABLE' })
      t.same(await checkQueue(connection), { ok: false, reason: 'queue_unreachable' })
      t.same([producer.ready(), worker.ready()], [false, false])
      await until(() => logs.lines().length > 0, seconds(30))
      await rig.start()
      await until(() => producer.ready() && worker.ready(), seconds(30))
      await producer.addBulk([job])
      await until(() => finished.length === 1, seconds(30))
      t.same(await checkQueue(connection), { ok: true })
      const told = logs.lines().filter((line) => line.reason === 'queue_unreachable')
      t.equal(told.length, 1, 'the outage is told once')
    },
  )

  await t.test(
    'a backend that is killed and comes back: adds reject at once, then the worker resumes',
    async (t) => {
      const rig = await makeRig(t)
      const { connection, producer, work } = await openParts(t, rig.url)
      const { seen, handler } = remembering()
      const worker = work(handler)
      const before = deliverJob()
      const after = deliverJob()
      await addWhenUp(producer, [before])
      await until(() => seen.length === 1, seconds(30))
      await rig.kill()
      const from = performance.now()
      await t.rejects(producer.addBulk([after]), { code: 'QUEUE_UNAVAILABLE' })
      t.ok(performance.now() - from < 15_000, 'after two seconds, and not when it is back')
      t.match(await checkQueue(connection), { ok: false })
      await rig.start()
      const back = performance.now()
      await addWhenUp(producer, [after])
      await until(() => seen.includes(carriedBy(after)), seconds(30))
      t.comment(`worked again ${Math.round(performance.now() - back)} ms after the restart`)
      t.equal(worker.ready(), true)
    },
  )

  await t.test(
    'a job that runs while the backend is killed ends, and the worker takes the next',
    async (t) => {
      const rig = await makeRig(t)
      const { producer, work, finished } = await openParts(t, rig.url)
      const begun = gate()
      const letGo = gate()
      const long = deliverJob()
      const next = deliverJob()
      work(async ({ delivery_id: id }) => {
        if (id !== carriedBy(long)) return { kind: 'done' }
        begun.open()
        await letGo.opened
        return { kind: 'done' }
      }, 1)
      await addWhenUp(producer, [long])
      await begun.opened
      await rig.kill()
      letGo.open()
      await until(() => finished.length === 1, seconds(30))
      await rig.start()
      await addWhenUp(producer, [next])
      await until(() => finished.length >= 2, seconds(30))
    },
  )

  await t.test(
    'jobs that the backend lost are driven again by the relay, and each is handled once',
    async (t) => {
      const rig = await makeRig(t)
      const { connection, producer, work } = await openParts(t, rig.url)
      const sms = createProducer(connection, QUEUES.deliverSms)
      const events = createProducer(connection, QUEUES.recordEvents)
      t.teardown(() => Promise.all([sms.close(), events.close()]))
      const memory = memoryStore({ aheadMs: 1_000 })
      const { counts, metrics } = countingMetrics()
      const ids = Array.from({ length: 500 }, () => memory.add().deliveryId)
      const begun = gate()
      const letGo = gate()
      const handled: string[] = []
      work(async ({ delivery_id: id }) => {
        begun.open()
        await letGo.opened
        if (!memory.finish(id)) return { kind: 'skipped', reason: 'fenced' }
        handled.push(id)
        return { kind: 'done' }
      }, 1)
      const relay = startRelay({
        store: memory.store,
        producers: { email: producer, sms, events },
        logger: connection.logger,
        metrics,
        clock: systemClock,
        random: { uuid: randomUUID },
      })
      t.teardown(() => relay.stop(1_000))
      await until(() => counts.queued === ids.length, seconds(30))
      await begun.opened
      await rig.loseJobs()
      letGo.open()
      await until(() => handled.length >= ids.length, seconds(90))
      t.same(handled.toSorted(), ids.toSorted())
      const begunBefore = MOST_DELIVERIES
      t.ok(counts.redriven >= ids.length - begunBefore, `${counts.redriven} driven again`)
    },
  )

  await t.test(
    'a network that falls silent: adds reject in time, and all goes on over new connections',
    async (t) => {
      const rig = await makeRig(t)
      const proxy = await silentProxy(t, rig.port)
      const { connection, producer, work } = await openParts(
        t,
        rig.url.replace(`:${rig.port}`, `:${proxy.port}`),
      )
      const { seen, handler } = remembering()
      work(handler)
      const before = deliverJob()
      const after = deliverJob()
      await addWhenUp(producer, [before])
      await until(() => seen.length === 1, seconds(30))
      proxy.silence()
      const from = performance.now()
      await t.rejects(producer.addBulk([after]), { code: 'QUEUE_UNAVAILABLE' })
      await t.rejects(producer.oldest(), { code: 'QUEUE_UNAVAILABLE' })
      t.ok(performance.now() - from < 20_000, 'after two seconds each')
      t.match(await checkQueue(connection), { ok: false })
      proxy.heal()
      const healed = performance.now()
      await addWhenUp(producer, [after])
      await until(() => seen.includes(carriedBy(after)), seconds(90))
      t.comment(`worked again ${Math.round(performance.now() - healed)} ms after the network healed`)
    },
  )
}
