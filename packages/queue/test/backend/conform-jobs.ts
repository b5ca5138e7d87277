// What becomes of a job: handled once, refused, failed under a code, or still waiting.

import { randomUUID } from 'node:crypto'
import { MOST_DELIVERIES, QUEUES } from '@postern/contracts/queues'
import { until } from '@postern/testkit/poll'
import type { Test } from 'tap'
import { createProducer } from '../../src/producer.ts'
import {
  addWhenUp,
  carriedBy,
  deliverJob,
  deliverJobs,
  gate,
  type MakeRig,
  openParts,
  remembering,
  seconds,
} from './rig.ts'

export async function conformJobs(t: Test, makeRig: MakeRig): Promise<void> {
  await t.test('a job is handled once, with its data and its id', async (t) => {
    const { url } = await makeRig(t)
    const { producer, work, finished } = await openParts(t, url)
    const jobs = deliverJobs(20)
    const seen: { id: string; parts: unknown }[] = []
    work(async (part, { jobId }) => {
      seen.push({ id: jobId, parts: [part] })
      return { kind: 'done' }
    })
    await addWhenUp(producer, jobs)
    await until(() => finished.length === jobs.length, seconds(30))
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
    t.same(seen.toSorted(byId), jobs.map(({ id, data }) => ({ id, parts: data.deliveries })).toSorted(byId))
    t.same(new Set(finished), new Set(['done']))
  })

  await t.test('a start with the backend up tells nothing', async (t) => {
    const { url } = await makeRig(t)
    // A machine that stands still for a second looks like an outage, and that is told; not each time, though.
    const quietly = async () => {
      const { producer, work, logs } = await openParts(t, url)
      const worker = work(remembering().handler)
      await addWhenUp(producer, deliverJobs(1))
      await until(() => worker.ready(), seconds(30))
      return logs.lines().length === 0
    }
    await until(quietly, seconds(30))
  })

  await t.test(
    'a canary comes out at the worker, never at the handler, with the time that it waited',
    async (t) => {
      const { url } = await makeRig(t)
      const { producer, work, finished, canaries } = await openParts(t, url)
      const { seen, handler } = remembering()
      await until(() => producer.ready(), seconds(30))
      await producer.addCanary(new Date(Date.now() - 2_000))
      work(handler)
      await until(() => canaries.length === 1, seconds(30))
      t.equal(canaries[0]?.queue, QUEUES.deliverEmail.name)
      t.ok((canaries[0]?.seconds ?? 0) >= 2)
      await producer.addCanary(new Date(Date.now() + 30_000))
      await until(() => canaries.length === 2, seconds(30))
      t.same([seen, finished], [[], []])
    },
  )

  await t.test('canaries do not gather where nobody works', async (t) => {
    const { url } = await makeRig(t)
    const { producer, work, canaries } = await openParts(t, url)
    const { seen, handler } = remembering()
    await until(() => producer.ready(), seconds(30))
    const began = Date.now()
    for (let n = 0; n < 100; n += 1) await producer.addCanary(new Date(began - n * 30_000))
    const last = deliverJob()
    await producer.addBulk([last])
    work(handler, 1)
    await until(() => seen.includes(carriedBy(last)), seconds(30))
    t.equal(canaries.length, 4)
  })

  await t.test('an id that still waits is not queued twice', async (t) => {
    const { url } = await makeRig(t)
    const { producer, work } = await openParts(t, url)
    const { seen, handler } = remembering()
    const twice = deliverJob()
    const last = deliverJob()
    await addWhenUp(producer, [twice, twice])
    await producer.addBulk([twice])
    await producer.addBulk([last])
    work(handler, 1)
    await until(() => seen.includes(carriedBy(last)), seconds(30))
    t.same(seen, [carriedBy(twice), carriedBy(last)])
  })

  await t.test(
    'a job of an unknown form or name fails under a reason and never reaches the handler',
    async (t) => {
      const rig = await makeRig(t)
      const { producer, work, finished, logs } = await openParts(t, rig.url)
      const { seen, handler } = remembering()
      const bare = rig.bareQueue(QUEUES.deliverEmail.name)
      await addWhenUp(producer, [])
      const { data } = deliverJob()
      await bare.add('deliver-email', { ...data, v: 3 }, { jobId: 'newer' })
      await bare.add('deliver-email', { ...data, to: 'someone@example.com' }, { jobId: 'more' })
      await bare.add('deliver-pigeon', data, { jobId: 'name' })
      work(handler)
      await until(() => finished.length === 3, seconds(30))
      t.same(finished, ['failed', 'failed', 'failed'])
      t.same(seen, [])
      const reasons = async () => {
        const kept = await bare.getFailed()
        return kept.length === 3 && Object.fromEntries(kept.map((job) => [job.id, job.failedReason]))
      }
      t.same(await until(reasons, seconds(30)), {
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
      const { producer, work, finished } = await openParts(t, rig.url)
      const throws = deliverJob()
      const tells = deliverJob()
      const fails = deliverJob()
      const skips = deliverJob()
      const canary = `canary-${randomUUID()}`
      work(async ({ delivery_id: id }) => {
        if (id === carriedBy(throws)) throw new Error(canary, { cause: canary })
        if (id === carriedBy(tells)) return { kind: 'failed', reason: `no such template: ${canary}` }
        if (id === carriedBy(fails)) return { kind: 'failed', reason: 'payload_will_not_open' }
        return { kind: 'skipped', reason: 'claimed_elsewhere' }
      })
      await addWhenUp(producer, [throws, tells, fails, skips])
      await until(() => finished.length === 4, seconds(30))
      t.same(finished.toSorted(), ['failed', 'failed', 'failed', 'skipped'])
      const kept = async () => {
        const failed = await rig.bareQueue(QUEUES.deliverEmail.name).getFailed()
        return failed.length === 3 && failed.map((job) => job.failedReason).toSorted()
      }
      t.same(await until(kept, seconds(30)), ['handler_threw', 'payload_will_not_open', 'reason_withheld'])
      t.notMatch(await rig.dump(), canary)
    },
  )

  await t.test('what our own producer is given wrong is refused before it reaches the queue', async (t) => {
    const { url } = await makeRig(t)
    const { producer } = await openParts(t, url)
    const { data } = deliverJob()
    const secret = { ...data, code: '123456' }
    const inside = { ...data, deliveries: data.deliveries.map((part) => ({ ...part, code: '123456' })) }
    for (const job of [
      deliverJob({ id: 'a:b:c:d' }),
      deliverJob({ id: '42' }),
      deliverJob({ data: secret }),
      deliverJob({ data: inside }),
      deliverJob({}, 0),
      deliverJob({}, MOST_DELIVERIES + 1),
    ]) {
      await t.rejects(producer.addBulk([job]), { code: 'JOB_REFUSED' })
    }
  })

  await t.test('oldest() tells which job is next, of those that nobody has begun', async (t) => {
    const rig = await makeRig(t)
    const { producer, work, finished } = await openParts(t, rig.url)
    const [active, second, third] = [deliverJob(), deliverJob(), deliverJob()]
    const begun = gate()
    const letGo = gate()
    await until(() => producer.ready(), seconds(30))
    t.equal(await producer.oldest(), null, 'of none')
    for (let n = 0; n < 4; n += 1) await producer.addCanary(new Date(n * 30_000))
    t.equal(await producer.oldest(), null, 'of canaries')
    await producer.addBulk([active])
    t.same(await producer.oldest(), active.data, 'behind all canaries')
    await producer.addBulk([second, third])
    work(async ({ delivery_id: id }) => {
      if (id !== carriedBy(active)) return { kind: 'done' }
      begun.open()
      await letGo.opened
      return { kind: 'failed', reason: 'on_purpose' }
    }, 1)
    await begun.opened
    t.same(await producer.oldest(), second.data)
    letGo.open()
    await until(() => finished.length === 3, seconds(30))
    t.equal(await producer.oldest(), null, 'neither what failed nor what is done')
    await rig.bareQueue(QUEUES.deliverSms.name).add('deliver-sms', { v: 1 }, { jobId: 'earlier' })
    const sms = createProducer((await openParts(t, rig.url)).connection, QUEUES.deliverSms)
    t.teardown(() => sms.close())
    await until(() => sms.ready(), seconds(30))
    t.equal(await sms.oldest(), 'unknown', 'of another form')
  })
}
