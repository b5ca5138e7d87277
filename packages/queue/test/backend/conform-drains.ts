// How a worker stops: it finishes what it runs, takes nothing more, and never outstays its deadline.

import { until } from '@postern/testkit/poll'
import type { Test } from 'tap'
import {
  addWhenUp,
  deliverJob,
  deliverJobs,
  gate,
  type MakeRig,
  openParts,
  remembering,
  seconds,
} from './rig.ts'

export async function conformDrains(t: Test, makeRig: MakeRig): Promise<void> {
  await t.test('a drain takes no more jobs and waits for the active one', async (t) => {
    const { url } = await makeRig(t)
    const { producer, work, finished } = await openParts(t, url)
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
    const next = await producer.oldest()
    t.equal(over, false)
    letGo.open()
    await drained
    t.same([runs, finished, next], [1, ['done'], jobs[1]?.data])
    t.equal(worker.ready(), false)
  })

  await t.test('a drain past its deadline aborts the handler and returns', async (t) => {
    const { url } = await makeRig(t)
    const { producer, work } = await openParts(t, url)
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
    // Without a deadline it would wait for the handler, and that for the end of this test.
    t.ok(performance.now() - from < 10_000, 'about its deadline')
    t.equal(aborted, true)
  })

  await t.test('a drain while the backend is down is bounded', async (t) => {
    const rig = await makeRig(t)
    const { producer, work, finished } = await openParts(t, rig.url)
    const worker = work(remembering().handler)
    await addWhenUp(producer, [deliverJob()])
    await until(() => finished.length === 1, seconds(30))
    await rig.kill()
    const from = performance.now()
    await worker.drain(300)
    t.ok(performance.now() - from < 10_000, 'not until the backend is there')
  })
}
