// Jobs of several parts: each part is worked for itself, and places are counted in parts.

import { MOST_DELIVERIES } from '@postern/contracts/queues'
import { until } from '@postern/testkit/poll'
import type { Test } from 'tap'
import {
  addWhenUp,
  carriedBy,
  deliverJob,
  deliverJobs,
  gate,
  type MakeRig,
  openParts,
  seconds,
} from './rig.ts'

export async function conformParts(t: Test, makeRig: MakeRig): Promise<void> {
  await t.test('the parts of a job are worked side by side, each counted for itself', async (t) => {
    const { url } = await makeRig(t)
    const { producer, work, finished } = await openParts(t, url)
    const job = deliverJob({}, 3)
    const all = gate()
    const seen = new Set<string>()
    work(async ({ delivery_id: id }, { jobId }) => {
      t.equal(jobId, job.id)
      if (seen.add(id).size === 3) all.open()
      await all.opened
      return id === carriedBy(job) ? { kind: 'done' } : { kind: 'skipped', reason: 'claimed_elsewhere' }
    })
    await addWhenUp(producer, [job])
    await until(() => finished.length >= 3, seconds(30))
    t.same(
      [...seen],
      job.data.deliveries.map((part) => part.delivery_id),
    )
    t.same(finished.slice(0, 3).toSorted(), ['done', 'skipped', 'skipped'])
  })

  await t.test('a part that throws fails its job and no other part', async (t) => {
    const rig = await makeRig(t)
    const { producer, work, finished, logs } = await openParts(t, rig.url)
    const job = deliverJob({}, 3)
    work(async ({ delivery_id: id }) => {
      if (id === job.data.deliveries[1]?.delivery_id) throw new Error('on purpose')
      return { kind: 'done' }
    })
    await addWhenUp(producer, [job])
    await until(() => finished.length >= 3, seconds(30))
    t.same(finished.slice(0, 3).toSorted(), ['done', 'done', 'failed'])
    const kept = async () => (await rig.bareQueue('deliver-email').getFailed())[0]?.failedReason
    t.equal(await until(kept, seconds(30)), 'handler_threw')
    t.match(logs.lines(), [{ msg: 'job failed', job_id: job.id, part: 1, reason: 'handler_threw' }])
  })

  await t.test('a slow part keeps its own place and no other', async (t) => {
    const { url } = await makeRig(t)
    const { producer, work, finished, replaced } = await openParts(t, url)
    const letGo = gate()
    t.teardown(letGo.open)
    const jobs = Array.from({ length: 2 }, () => deliverJob({}, 10))
    const slow = new Set(jobs.map(carriedBy))
    const full = gate()
    let begun = 0
    work(async ({ delivery_id: id }) => {
      begun += 1
      await (slow.has(id) ? letGo.opened : full.opened)
      return { kind: 'done' }
    }, 20)
    await addWhenUp(producer, jobs)
    await until(() => begun === 20, seconds(30))
    full.open()
    await until(() => finished.length >= 18, seconds(30))
    await producer.addBulk([...deliverJobs(5), deliverJob({}, 10)])
    await until(() => finished.length >= 33, { ...seconds(30), what: 'all that is not slow' })
    t.same(replaced, [], 'by the same worker')
    letGo.open()
    await until(() => finished.length >= 35, seconds(30))
  })

  await t.test('a worker fills its places with parts, whatever the size of the jobs', async (t) => {
    for (const size of [1, MOST_DELIVERIES]) {
      const { url } = await makeRig(t)
      const { producer, work, finished } = await openParts(t, url)
      const letGo = gate()
      t.teardown(letGo.open)
      const load = { now: 0, most: 0 }
      work(async () => {
        load.now += 1
        load.most = Math.max(load.most, load.now)
        await letGo.opened
        load.now -= 1
        return { kind: 'done' }
      }, 25)
      const jobs = size === 1 ? deliverJobs(60) : Array.from({ length: 6 }, () => deliverJob({}, size))
      await addWhenUp(producer, jobs)
      await until(() => load.now >= 25, seconds(30))
      letGo.open()
      await until(() => finished.length >= 60, seconds(30))
      t.equal(load.most, 25, `at a time, of jobs of ${size}`)
    }
  })
}
