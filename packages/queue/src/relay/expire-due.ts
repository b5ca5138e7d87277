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

/** What a vendor took and did not bring in time is due again; the round's next one hands it over. */
export const reviewHeld: RelayStep = async ({ store, stopping }) => {
  for (let looks = 0; looks < MOST_CLAIMS && !stopping(); looks += 1) {
    if ((await store.reviewHeld(MOST_ENDED)) < MOST_ENDED) return false
  }
  return !stopping()
}

/** Measures the backlog. */
export const measureBacklog: RelayStep = async ({ store, metrics }) => {
  metrics.backlog(await store.gauges())
  return false
}
