// How many jobs a worker asks for, so that the parts they bring find places.

import t from 'tap'
import { workLoad } from '../../src/job/work-load.ts'

/** A load whose jobs and parts end when they are told to. */
function open(places: number, mostParts: number) {
  const told: number[] = []
  const load = workLoad(places, mostParts, () => void told.push(load.allowed()))
  const held = (what: 'job' | 'part') => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const over = load[what](() => promise)
    return () => {
      resolve()
      return over
    }
  }
  const job = (parts: number) => {
    const endJob = held('job')
    const ends = Array.from({ length: parts }, () => held('part'))
    const part = () => ends.shift()?.()
    const rest = async () => {
      while (ends.length > 0) await part()
      await endJob()
    }
    return { part, rest }
  }
  return { load, told, job }
}

t.test('jobs of one part: as many as there are places, always', async (t) => {
  const { load, job, told } = open(5, 1)
  t.equal(load.allowed(), 5)
  const jobs = [1, 2, 3, 4, 5].map(() => job(1))
  t.equal(load.hasRoom(), false)
  await Promise.all(jobs.map((one) => one.rest()))
  t.same([load.begun(), load.jobs(), load.hasRoom(), load.allowed()], [5, 0, true, 5])
  t.ok(
    told.every((allowed) => allowed >= 5),
    `${told}`,
  )
})

t.test('only so many full jobs are asked for as would fit, and one more for what is left', async (t) => {
  const { load, job } = open(25, 10)
  t.equal(load.allowed(), 3)
  const full = [job(10), job(10)]
  t.equal(load.allowed(), 3, '5 places are left')
  const third = job(10)
  t.same([load.allowed(), load.hasRoom()], [3, false])
  for (let part = 0; part < 6; part += 1) await third.part()
  t.same([load.allowed(), load.hasRoom()], [4, true], 'a place is free before the job is over')
  await Promise.all([...full, third].map((one) => one.rest()))
  t.equal(load.allowed(), 3)
})

t.test('small jobs make room for more', async (t) => {
  const { load, job } = open(20, 10)
  const jobs = []
  for (let begun = 0; begun < 20; begun += 1) {
    t.ok(load.allowed() > begun, `after ${begun} jobs one more may come`)
    jobs.push(job(1))
  }
  t.equal(load.allowed(), 20)
  await Promise.all(jobs.map((one) => one.rest()))
})

t.test('a job that fails leaves its places', async (t) => {
  const { load } = open(2, 1)
  const broken = () => Promise.reject(new Error('on purpose'))
  await t.rejects(load.job(() => load.part(broken)))
  t.same([load.jobs(), load.hasRoom(), load.allowed()], [0, true, 2])
})
