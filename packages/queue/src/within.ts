// A bound on every wait for a backend: nothing in this package waits longer than it was told.

import { QueueError } from './queue-error.ts'

/**
 * Answers what `work` answers, or rejects after `ms` milliseconds. The work itself goes on: its outcome is unknown then.
 * @throws {QueueError} QUEUE_UNAVAILABLE, reason `<what>_timed_out`
 */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new QueueError('QUEUE_UNAVAILABLE', `${what}_timed_out`)), ms)
  })
  // Whichever loses the race must not surface later as an unhandled rejection.
  work.catch(() => undefined)
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Whether `work` settled, either way, within `ms` milliseconds. */
export async function settledWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  let settled = false
  const watched = work.then(
    () => {
      settled = true
    },
    () => {
      settled = true
    },
  )
  await within(ms, 'work', watched).catch(() => undefined)
  return settled
}
