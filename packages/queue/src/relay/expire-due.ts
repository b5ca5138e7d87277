// Ends what ran out of time. It goes on while the queue is away: an ending needs no queue.

import { MOST_CLAIMS, type RelayStep } from './relay-parts.ts'

const MOST_ENDED = 500

export const expireDue: RelayStep = async ({ store, metrics, stopping }) => {
  for (let claims = 0; claims < MOST_CLAIMS && !stopping(); claims += 1) {
    const count = await store.expireDue(MOST_ENDED)
    if (count > 0) metrics.expired(count)
    if (count < MOST_ENDED) return false
  }
  return !stopping()
}
