// How much a process works on at a time. Places are counted in parts of jobs, but a queue hands out whole jobs, whose size
// shows only then: so few are asked for at first, and more as those that came leave room.

import { bulkhead } from 'cockatiel'

export interface WorkLoad {
  /** Jobs begun since the start. */
  begun(): number
  /** Jobs that are being worked. */
  jobs(): number
  /** Whether a part more could be worked now. */
  hasRoom(): boolean
  /** Jobs that may be worked at a time for now, those counted that are. At least 1. */
  allowed(): number
  job<R>(work: () => Promise<R>): Promise<R>
  /** Does the work when it has a place. */
  part<R>(work: () => Promise<R>): Promise<R>
}

/**
 * @param places parts at a time; of the last job that came in some may wait
 * @param mostParts parts that a job may have
 * @param changed called whenever `allowed` may have changed
 */
export function workLoad(places: number, mostParts: number, changed: () => void): WorkLoad {
  const load = { begun: 0, jobs: 0, parts: 0 }
  const limit = bulkhead(places, Number.MAX_SAFE_INTEGER)

  async function counted<R>(what: 'jobs' | 'parts', work: () => Promise<R>): Promise<R> {
    load[what] += 1
    changed()
    try {
      return await work()
    } finally {
      load[what] -= 1
      changed()
    }
  }

  return {
    begun: () => load.begun,
    jobs: () => load.jobs,
    hasRoom: () => load.parts < places,
    allowed: () => Math.max(1, load.jobs + Math.ceil(Math.max(0, places - load.parts) / mostParts)),
    job(work) {
      load.begun += 1
      return counted('jobs', work)
    },
    part: (work) => counted('parts', () => limit.execute(work)),
  }
}
