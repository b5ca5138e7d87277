// Ends what ran out of time. It goes on while the queue is away: an ending needs no queue.

import { claimWhileFull, type RelayStep } from './relay-parts.ts'

const MOST_ENDED = 500

export const expireDue: RelayStep = ({ store, metrics, stopping }) =>
  claimWhileFull(stopping, async () => {
    const count = await store.expireDue(MOST_ENDED)
    if (count > 0) metrics.expired(count)
    return count >= MOST_ENDED
  })
