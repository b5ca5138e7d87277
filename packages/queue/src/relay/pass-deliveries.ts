// Hands due deliveries to the queue of their channel. Rows are marked before they are added, so a crash in between costs
// 10 s and never a delivery.

import { claimWhileFull, type RelayParts, type RelayStep } from './relay-parts.ts'
import type { Channel, DrivenDelivery } from './relay-store.ts'

const CHANNELS: readonly Channel[] = ['email', 'sms']

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

/**
 * Adds the deliveries in the order given. Both channels are tried, even when one fails.
 * @throws {QueueError} QUEUE_UNAVAILABLE; what was not added is found overdue in 10 s
 */
export async function addDeliveries(
  { producers, gate, metrics, failpoint }: RelayParts,
  rows: readonly DrivenDelivery[],
  how: 'queued' | 'redriven',
): Promise<void> {
  if (rows.length === 0) return
  failpoint('K3')
  const added = CHANNELS.map(async (channel) => {
    const jobs = rows.filter((row) => row.channel === channel).map(toJob)
    if (jobs.length === 0) return
    await producers[channel].addBulk(jobs)
    failpoint('K4')
    metrics[how](channel, jobs.length)
  })
  const failure = (await Promise.allSettled(added)).find((result) => result.status === 'rejected')
  if (failure !== undefined) throw failure.reason
  gate.passed()
}

export const jobIdOf = ({ deliveryId, drive }: DrivenDelivery) => `${deliveryId}.${drive}`

function toJob(row: DrivenDelivery) {
  const data = { v: 1 as const, tenant_id: row.tenantId, delivery_id: row.deliveryId }
  return { id: jobIdOf(row), data, traceparent: row.traceparent }
}
