// Ends what ran out of time. It goes on while the queue is away: an ending needs no queue.

import { claimWhileFull, type RelayStep } from './relay-parts.ts'

const MOST_ENDED = 500

const expire =
  (ofQueue: boolean): RelayStep =>
  ({ store, metrics, stopping }) =>
    claimWhileFull(stopping, async () => {
      const count = await store.expireDue(MOST_ENDED, ofQueue)
      if (count > 0) metrics.expired(count)
      return count >= MOST_ENDED
    })

export const expireDue = expire(false)

/** Less often: no worker takes it any more, and what is queued may be a long backlog to look through. */
export const expireQueued = expire(true)
