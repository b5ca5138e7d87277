// Turns back what a vendor took and did not bring in time: it is due again, and the same round hands it over. What no other
// vendor will be asked for is wiped.

import { MOST_CLAIMS, type RelayStep } from './relay-parts.ts'

const MOST_HELD = 500

export const reviewHeld: RelayStep = async ({ store, stopping }) => {
  for (let looks = 0; looks < MOST_CLAIMS && !stopping(); looks += 1) {
    if ((await store.reviewHeld(MOST_HELD)) < MOST_HELD) return false
  }
  return !stopping()
}
