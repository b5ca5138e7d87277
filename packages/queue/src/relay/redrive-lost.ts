// Finds the deliveries that the queue lost (a flush, a crash, a failed job) and drives them again. What merely waits its turn is
// left alone: adding a long backlog again every 10 s would double it. A queue is worked in the order in which it was filled, so
// that all that was queued well before its oldest job has left it. What a worker took and has not claimed for 10 s counts as lost
// too: it gets one job more, of which the fence makes nothing.

import { whole } from '@postern/service-kit/whole'
import { addDeliveries, CHANNELS } from './add-deliveries.ts'
import { claimWhileFull, type RelayParts, type RelayStep } from './relay-parts.ts'
import type { Channel } from './relay-store.ts'

/** Between marking a row as queued and its job being in the queue. Where it took longer, one job too many does no harm. */
const SLOWEST_ADD_MS = 2_000

export const redriveLost: RelayStep = async (parts) => {
  const left = await whole(CHANNELS.map((channel) => redriveOf(channel, parts)))
  return left.includes(true)
}

async function redriveOf(channel: Channel, parts: RelayParts): Promise<boolean> {
  const { producers, gate, store, batch, stopping } = parts
  if (gate.allows(batch) === 0) return false
  // That it answers does not say that it takes jobs: only an add opens the gate.
  const oldest = await producers[channel].oldest()
  if (oldest === 'unknown') return false
  const queuedBefore = oldest === null ? null : new Date(oldest.queued_at - SLOWEST_ADD_MS)
  return claimWhileFull(stopping, async () => {
    const size = gate.allows(batch)
    if (size === 0) return false
    const lost = await store.redriveLost(channel, queuedBefore, size)
    await addDeliveries(parts, lost, 'redriven')
    return lost.length >= size
  })
}
