// What every backend must do. Each backend's own test file runs this whole suite against the real thing.

import { randomUUID } from 'node:crypto'
import { QUEUES } from '@postern/contracts/queues'
import { until } from '@postern/testkit/poll'
import type { Test } from 'tap'
import { createProducer } from '../../src/producer.ts'
import { checkQueue } from '../../src/readiness.ts'
import { startRelay } from '../../src/relay.ts'
import { memoryStore } from '../relay/memory-store.ts'
import { countingMetrics } from '../relay/relay-bed.ts'
import {
  addWhenUp,
  deliverJob,
  deliverJobs,
  gate,
  type MakeRig,
  openParts,
  remembering,
  seconds,
  systemClock,
} from './rig.ts'

export async function conformance(t: Test, makeRig: MakeRig): Promise<void> {
  await t.test('a job is handled once, with its data and its id', async (t) => {
    const { url } = await makeRig(t)
    const { producer, work, finished } = openParts(t, url)
    const jobs = deliverJobs(20)
    const seen: { id: string; data: unknown }[] = []
    work(async (data, { jobId }) => {
      seen.push({ id: jobId, data })
      return { kind: 'done' }
    })
    await addWhenUp(producer, jobs)
    await until(() => finished.length === jobs.length, seconds(5))
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
    t.same(seen.toSorted(byId), jobs.map(({ id, data }) => ({ id, data })).toSorted(byId))
    t.same(new Set(finished), new Set(['done']))
  })

  await t.test('an id that still waits is not queued twice', async (t) => {
    const { url } = await makeRig(t)
    const { producer, work } = openParts(t, url)
    const { seen, handler } = remembering()
    const twice = deliverJob()
    const last = deliverJob()
    await addWhenUp(producer, [twice, twice])
    await producer.addBulk([twice])
    await producer.addBulk([last])
    work(handler, 1)
    await until(() => seen.includes(last.data.delivery_id), seconds(5))
    t.same(seen, [twice.data.delivery_id, last.data.delivery_id])
  })

  await t.test(
    'a job of an unknown form or name fails under a reason and never reaches the handler',
    async (t) => {
      const rig = await makeRig(t)
      const { producer, work, finished, logs } = openParts(t, rig.url)
      const { seen, handler } = remembering()
      const bare = rig.bareQueue(QUEUES.deliverEmail.name)
      await addWhenUp(producer, [])
      const { data } = deliverJob()
      await bare.add('deliver-email', { ...data, v: 2 }, { jobId: 'newer' })
      await bare.add('deliver-email', { ...data, to: 'someone@example.com' }, { jobId: 'more' })
      await bare.add('deliver-pigeon', data, { jobId: 'name' })
      work(handler)
      await until(() => finished.length === 3, seconds(5))
      t.same(finished, ['failed', 'failed', 'failed'])
      t.same(seen, [])
      const reasons = async () => {
        const kept = await bare.getFailed()
        return kept.length === 3 && Object.fromEntries(kept.map((job) => [job.id, job.failedReason]))
      }
      t.same(await until(reasons, seconds(5)), {
        newer: 'unknown_job_form',
        more: 'unknown_job_form',
        name: 'unknown_job_name',
      })
      t.equal(logs.lines().filter((line) => line.msg === 'job refused').length, 3)
    },
  )

  await t.test(
    'a handler that throws fails its job with a code; the cause stays out of the queue',
    async (t) => {
      const rig = await makeRig(t)
      const { producer, work, finished } = openParts(t, rig.url)
      const throws = deliverJob()
      const tells = deliverJob()
      const fails = deliverJob()
      const skips = deliverJob()
      const canary = `canary-${randomUUID()}`
      work(async ({ delivery_id: id }) => {
        if (id === throws.data.delivery_id) throw new Error(canary, { cause: canary })
        if (id === tells.data.delivery_id) return { kind: 'failed', reason: `no such template: ${canary}` }
        if (id === fails.data.delivery_id) return { kind: 'failed', reason: 'payload_will_not_open' }
        return { kind: 'skipped', reason: 'claimed_elsewhere' }
      })
      await addWhenUp(producer, [throws, tells, fails, skips])
      await until(() => finished.length === 4, seconds(5))
      t.same(finished.toSorted(), ['failed', 'failed', 'failed', 'skipped'])
      const kept = async () => {
        const failed = await rig.bareQueue(QUEUES.deliverEmail.name).getFailed()
        return failed.length === 3 && failed.map((job) => job.failedReason).toSorted()
      }
      t.same(await until(kept, seconds(5)), ['handler_threw', 'payload_will_not_open', 'reason_withheld'])
      t.notMatch(await rig.dump(), canary)
    },
  )

  await t.test('what our own producer is given wrong is refused before it reaches the queue', async (t) => {
    const { url } = await makeRig(t)
    const { producer } = openParts(t, url)
    const { data } = deliverJob()
    const secret = { ...data, code: '123456' }
    for (const job of [
      deliverJob({ id: 'a:b:c:d' }),
      deliverJob({ id: '42' }),
      deliverJob({ data: secret }),
    ]) {
      await t.rejects(producer.addBulk([job]), { code: 'JOB_REFUSED' })
    }
  })

  await t.test('waiting() tells what nobody has begun', async (t) => {
    const { url } = await makeRig(t)
    const { producer, work, finished } = openParts(t, url)
    const completed = deliverJob({ id: 'job-0' })
    const failed = deliverJob({ id: 'job-1' })
    const active = deliverJob({ id: 'job-2' })
    const waits = deliverJob({ id: 'job-3' })
    const begun = gate()
    const letGo = gate()
    work(async ({ delivery_id: id }) => {
      if (id === failed.data.delivery_id) return { kind: 'failed', reason: 'on_purpose' }
      if (id !== active.data.delivery_id) return { kind: 'done' }
      begun.open()
      await letGo.opened
      return { kind: 'done' }
    }, 1)
    await addWhenUp(producer, [completed, failed, active, waits])
    await begun.opened
    const ids = ['job-0', 'job-1', 'job-2', 'job-3', 'job-missing']
    t.same(await producer.waiting(ids), new Set(['job-3']))
    t.same(await producer.waiting([]), new Set())
    letGo.open()
    await until(() => finished.length === 4, seconds(5))
    t.same(await producer.waiting(ids), new Set())
  })

  await t.test('a drain takes no more jobs and waits for the active one', async (t) => {
    const { url } = await makeRig(t)
    const { producer, work, finished } = openParts(t, url)
    const begun = gate()
    const letGo = gate()
    let runs = 0
    const worker = work(async () => {
      runs += 1
      begun.open()
      await letGo.opened
      return { kind: 'done' }
    }, 1)
    const jobs = deliverJobs(3)
    await addWhenUp(producer, jobs)
    await begun.opened
    const drained = worker.drain(10_000)
    let over = false
    void drained.then(() => {
      over = true
    })
    // A round trip through the backend: long enough for a drain that does not wait to have ended.
    const left = await producer.waiting(jobs.map((job) => job.id))
    t.equal(over, false)
    letGo.open()
    await drained
    t.same([runs, finished, left.size], [1, ['done'], 2])
    t.equal(worker.ready(), false)
  })

  await t.test('a drain past its deadline aborts the handler and returns', async (t) => {
    const { url } = await makeRig(t)
    const { producer, work } = openParts(t, url)
    const begun = gate()
    const letGo = gate()
    t.teardown(letGo.open)
    let aborted = false
    const worker = work(async (_data, { signal }) => {
      signal.addEventListener('abort', () => {
        aborted = true
      })
      begun.open()
      await letGo.opened
      return { kind: 'done' }
    })
    await addWhenUp(producer, [deliverJob()])
    await begun.opened
    const from = performance.now()
    await Promise.all([worker.drain(100), worker.drain(100)])
    t.ok(performance.now() - from < 1_500, 'about its deadline')
    t.equal(aborted, true)
  })

  await t.test(
    'a backend that is down at the start delays nothing, and all goes once it is up',
    async (t) => {
      const rig = await makeRig(t, { started: false })
      const from = performance.now()
      const { connection, producer, work, finished, logs } = openParts(t, rig.url)
      const worker = work(remembering().handler)
      t.ok(performance.now() - from < 500, 'nothing waits')
      const job = deliverJob()
      await t.rejects(producer.addBulk([job]), { code: 'QUEUE_UNAVAILABLE' })
      await t.rejects(producer.waiting([job.id]), { code: 'QUEUE_UNAVAILABLE' })
      t.same(await checkQueue(connection), { ok: false, reason: 'queue_unreachable' })
      t.same([producer.ready(), worker.ready()], [false, false])
      await until(() => logs.lines().length > 0, seconds(2))
      await rig.start()
      await until(() => producer.ready() && worker.ready(), seconds(5))
      await producer.addBulk([job])
      await until(() => finished.length === 1, seconds(5))
      t.same(await checkQueue(connection), { ok: true })
      const told = logs.lines().filter((line) => line.reason === 'queue_unreachable')
      t.equal(told.length, 1, 'the outage is told once')
    },
  )

  await t.test(
    'a backend that is killed and comes back: adds reject at once, then the worker resumes',
    async (t) => {
      const rig = await makeRig(t)
      const { connection, producer, work } = openParts(t, rig.url)
      const { seen, handler } = remembering()
      const worker = work(handler)
      const before = deliverJob()
      const after = deliverJob()
      await addWhenUp(producer, [before])
      await until(() => seen.length === 1, seconds(5))
      await rig.kill()
      const from = performance.now()
      await t.rejects(producer.addBulk([after]), { code: 'QUEUE_UNAVAILABLE' })
      t.ok(performance.now() - from < 2_200, 'within two seconds')
      t.match(await checkQueue(connection), { ok: false })
      await rig.start()
      const back = performance.now()
      await addWhenUp(producer, [after])
      await until(() => seen.includes(after.data.delivery_id), seconds(10))
      t.comment(`worked again ${Math.round(performance.now() - back)} ms after the restart`)
      t.equal(worker.ready(), true)
    },
  )

  await t.test(
    'a job that runs while the backend is killed ends, and the worker takes the next',
    async (t) => {
      const rig = await makeRig(t)
      const { producer, work, finished } = openParts(t, rig.url)
      const begun = gate()
      const letGo = gate()
      const long = deliverJob()
      const next = deliverJob()
      work(async ({ delivery_id: id }) => {
        if (id !== long.data.delivery_id) return { kind: 'done' }
        begun.open()
        await letGo.opened
        return { kind: 'done' }
      }, 1)
      await addWhenUp(producer, [long])
      await begun.opened
      await rig.kill()
      letGo.open()
      await until(() => finished.length === 1, seconds(5))
      await rig.start()
      await addWhenUp(producer, [next])
      await until(() => finished.length >= 2, seconds(15))
    },
  )

  await t.test('a drain while the backend is down is bounded', async (t) => {
    const rig = await makeRig(t)
    const { producer, work, finished } = openParts(t, rig.url)
    const worker = work(remembering().handler)
    await addWhenUp(producer, [deliverJob()])
    await until(() => finished.length === 1, seconds(5))
    await rig.kill()
    const from = performance.now()
    await worker.drain(300)
    t.ok(performance.now() - from < 1_700, 'its deadline and a second')
  })

  await t.test(
    'jobs that the backend lost are driven again by the relay, and each is handled once',
    async (t) => {
      const rig = await makeRig(t)
      const { connection, producer, work } = openParts(t, rig.url)
      const sms = createProducer(connection, QUEUES.deliverSms)
      const events = createProducer(connection, QUEUES.recordEvents)
      t.teardown(() => Promise.all([sms.close(), events.close()]))
      const memory = memoryStore({ aheadMs: 1_000 })
      const { counts, metrics } = countingMetrics()
      const ids = Array.from({ length: 500 }, () => memory.add().deliveryId)
      const relay = startRelay({
        store: memory.store,
        producers: { email: producer, sms, events },
        logger: connection.logger,
        metrics,
        clock: systemClock,
        random: { uuid: randomUUID },
      })
      t.teardown(() => relay.stop(1_000))
      await until(() => counts.queued === ids.length, seconds(5))
      await rig.loseJobs()
      const handled: string[] = []
      work(async ({ delivery_id: id }) => {
        if (!memory.finish(id)) return { kind: 'skipped', reason: 'fenced' }
        handled.push(id)
        return { kind: 'done' }
      })
      await until(() => handled.length >= ids.length, seconds(10))
      t.same(handled.toSorted(), ids.toSorted())
      t.equal(counts.redriven, ids.length)
    },
  )
}
