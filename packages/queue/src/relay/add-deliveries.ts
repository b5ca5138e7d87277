// Adds deliveries that are marked as queued to the queue of their channel, up to ten to a job.

import { type DeliverJob, MOST_DELIVERIES } from '@postern/contracts/queues'
import { whole } from '@postern/service-kit/whole'
import type { NewJob } from '../producer.ts'
import type { RelayParts } from './relay-parts.ts'
import type { Channel, DrivenDelivery } from './relay-store.ts'

export const CHANNELS: readonly Channel[] = ['email', 'sms']

/** `leaseEnded`: its worker died with it, perhaps of it. */
type Added = DrivenDelivery & { readonly leaseEnded?: boolean }

/**
 * Adds the deliveries. Both channels are tried, even when one fails. What was driven before without an end goes first and has a
 * job to itself: others must not ride again and again with a message that kills its worker. The rest goes in the order given.
 * @throws {QueueError} QUEUE_UNAVAILABLE; what was not added is found lost in 10 s
 */
export async function addDeliveries(
  { producers, gate, metrics, failpoint }: RelayParts,
  rows: readonly Added[],
  how: 'queued' | 'redriven',
): Promise<void> {
  if (rows.length === 0) return
  failpoint('K3')
  const added = CHANNELS.map(async (channel) => {
    const some = rows.filter((row) => row.channel === channel)
    if (some.length === 0) return
    const isAlone = (row: Added) => how === 'redriven' || row.leaseEnded === true
    const shared = inTens(some.filter((row) => !isAlone(row)))
    const alone = some.filter(isAlone).map((row) => [row])
    await producers[channel].addBulk([...alone, ...shared].map(toJob))
    failpoint('K4')
    metrics[how](channel, some.length)
  })
  await whole(added)
  gate.passed()
}

function inTens(rows: readonly Added[]): Added[][] {
  const jobs = Math.ceil(rows.length / MOST_DELIVERIES)
  return Array.from({ length: jobs }, (_, n) => rows.slice(n * MOST_DELIVERIES, (n + 1) * MOST_DELIVERIES))
}

/** A drive happens once, so no other job ever has the name. */
function toJob(carried: readonly Added[]): NewJob<DeliverJob> {
  const [first] = carried
  const deliveries = carried.map((row) => ({ tenant_id: row.tenantId, delivery_id: row.deliveryId }))
  const queuedAt = Math.min(...carried.map((row) => row.queuedAt.getTime()))
  return {
    id: `${first?.deliveryId}.${first?.drive}`,
    data: { v: 2, queued_at: queuedAt, deliveries },
    // A job of several belongs to no request's trace; its worker takes each trace up where Postgres has it.
    traceparent: carried.length === 1 ? (first?.traceparent ?? null) : null,
  }
}
