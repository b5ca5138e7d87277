// Measures what waits: deliveries and events, and how long the oldest of each has waited.

import type { RelayStep } from './relay-parts.ts'

export const measureBacklog: RelayStep = async ({ store, metrics }) => {
  metrics.backlog(await store.gauges())
  return false
}
