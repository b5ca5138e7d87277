// Turns back what a vendor took and did not bring in time: it is due again, and the same round hands it over. What no other
// vendor will be asked for is wiped.

import { claimWhileFull, type RelayStep } from './relay-parts.ts'

const MOST_HELD = 500

export const reviewHeld: RelayStep = ({ store, stopping }) =>
  claimWhileFull(stopping, async () => (await store.reviewHeld(MOST_HELD)) >= MOST_HELD)
