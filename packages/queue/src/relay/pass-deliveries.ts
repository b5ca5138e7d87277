// Hands due deliveries to the queue of their channel. Rows are marked before they are added, so a crash in between costs
// 10 s and never a delivery.

import { addDeliveries, CHANNELS } from './add-deliveries.ts'
import { claimWhileFull, type RelayStep } from './relay-parts.ts'

export const passDeliveries: RelayStep = (parts) =>
  claimWhileFull(parts.stopping, async () => {
    const size = parts.gate.allows(parts.batch)
    if (size === 0) return false
    const rows = await parts.store.claimDue(size)
    for (const channel of CHANNELS) {
      const ended = rows.filter((row) => row.channel === channel && row.leaseEnded).length
      if (ended > 0) parts.metrics.leasesEnded(channel, ended)
    }
    await addDeliveries(parts, rows, 'queued')
    return rows.length >= size
  })
