// How many jobs a worker asks for, so that the parts they bring find places.

import t from 'tap'
import { openPlaces, workLoad } from '../../src/job/work-load.ts'

/** A load whose jobs and parts end when they are told to. */
function open(all: number, mostParts: number) {
  const told: number[] = []
  const tell = () => void told.push(load.allowed())
  const places = openPlaces(all, tell)
  const load = workLoad(places, mostParts, tell)
  const held = (begin: (work: () => Promise<void>) => Promise<void>) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const over = begin(() => promise)
    return () => {
      resolve()
      return over
    }
  }
  const job = (parts: number) => {
    const endJob = held(load.job)
    const ends = Array.from({ length: parts }, () => held(places.take))
    const part = () => ends.shift()?.()
    const rest = async () => {
      while (ends.length > 0) await part()
      await endJob()
    }
    return { part, rest }
  }
  return { load, places, told, job }
}

t.test('jobs of one part: as many as there are places, always', async (t) => {
  const { load, places, job, told } = open(5, 1)
  t.equal(load.allowed(), 5)
  const jobs = [1, 2, 3, 4, 5].map(() => job(1))
  t.equal(places.areFree(), false)
  await Promise.all(jobs.map((one) => one.rest()))
  t.same([load.begun(), places.taken(), places.areFree(), load.allowed()], [5, 0, true, 5])
  t.ok(
    told.every((allowed) => allowed >= 5),
    `${told}`,
  )
})

t.test('only so many full jobs are asked for as would fit, and one more for what is left', async (t) => {
  const { load, places, job } = open(25, 10)
  t.equal(load.allowed(), 3)
  const full = [job(10), job(10)]
  t.equal(load.allowed(), 3, '5 places are left')
  const third = job(10)
  t.same([load.allowed(), places.areFree()], [3, false])
  for (let part = 0; part < 6; part += 1) await third.part()
  t.same([load.allowed(), places.areFree()], [4, true], 'a place is free before the job is over')
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
  const { load, places } = open(2, 1)
  const broken = () => Promise.reject(new Error('on purpose'))
  await t.rejects(load.job(() => places.take(broken)))
  t.same([places.taken(), load.allowed()], [0, 2])
})

t.test(
  'a worker that takes another’s turn has only the places that are left, and none of its jobs',
  async (t) => {
    const { places, job } = open(20, 10)
    const jobs = [1, 1, 1, 1, 1].map(job)
    const next = workLoad(places, 10, () => {})
    t.equal(next.allowed(), 2, '15 places')
    await Promise.all(jobs.map((one) => one.rest()))
    t.equal(next.allowed(), 2)
  },
)
