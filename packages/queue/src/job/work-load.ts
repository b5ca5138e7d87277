// How much a process works on at a time. Places are counted in parts of jobs, but a queue hands out whole jobs, whose size
// shows only then: so few are asked for at first, and more as those that came leave room.

import { bulkhead } from 'cockatiel'

/** Of a process, whichever of its workers a job came by. */
export interface Places {
  /** Parts that have one, or wait for one. */
  taken(): number
  areFree(): boolean
  /** How many more jobs may be taken, if each were as large as `mostParts`. */
  forJobs(mostParts: number): number
  /** Does the work when there is a place for it. */
  take<R>(work: () => Promise<R>): Promise<R>
}

/** Of one worker: another one that takes its turn begins to count anew, as its queue does. */
export interface WorkLoad {
  readonly places: Places
  /** Jobs begun since it was opened. */
  begun(): number
  /** Jobs that it may have at a time for now, those counted that it has. At least 1. */
  allowed(): number
  job<R>(work: () => Promise<R>): Promise<R>
}

/** @param changed called whenever a place was taken or left */
export function openPlaces(all: number, changed: () => void): Places {
  const limit = bulkhead(all, Number.MAX_SAFE_INTEGER)
  let parts = 0
  return {
    taken: () => parts,
    areFree: () => parts < all,
    forJobs: (mostParts) => Math.ceil(Math.max(0, all - parts) / mostParts),
    take: (work) =>
      counted(
        (step) => {
          parts += step
          changed()
        },
        () => limit.execute(work),
      ),
  }
}

/** @param changed called whenever a job began or ended */
export function workLoad(places: Places, mostParts: number, changed: () => void): WorkLoad {
  let begun = 0
  let jobs = 0
  return {
    places,
    begun: () => begun,
    allowed: () => Math.max(1, jobs + places.forJobs(mostParts)),
    job(work) {
      begun += 1
      return counted((step) => {
        jobs += step
        changed()
      }, work)
    },
  }
}

async function counted<R>(count: (step: 1 | -1) => void, work: () => Promise<R>): Promise<R> {
  count(1)
  try {
    return await work()
  } finally {
    count(-1)
  }
}
