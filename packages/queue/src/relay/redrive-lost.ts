// Finds the deliveries that the queue lost (a flush, a crash, a failed job) and drives them again. A delivery that merely
// waits its turn is left alone: adding a long backlog again every 10 s would double it.

import { addDeliveries, jobIdOf } from './pass-deliveries.ts'
import { claimWhileFull, type RelayParts, type RelayStep } from './relay-parts.ts'
import type { Channel, DrivenDelivery } from './relay-store.ts'

/** Rows of one look: a backlog of 20,000 is looked through within its 10 s, 2,000 a second. */
const MOST_LOOKED_AT = 1_000

export const redriveLost: RelayStep = (parts) =>
  claimWhileFull(parts.stopping, async () => {
    const size = parts.gate.allows(MOST_LOOKED_AT)
    if (size === 0) return false
    const overdue = await parts.store.overdueQueued(size)
    if (overdue.length === 0) return false
    await redrive(parts, await missing(parts, overdue))
    return overdue.length >= size
  })

async function redrive(parts: RelayParts, lost: DrivenDelivery[]): Promise<void> {
  for (let from = 0; from < lost.length; from += parts.batch) {
    const some = lost.slice(from, from + parts.batch)
    const driven = await parts.store.redrive(some)
    await addDeliveries(parts, inOrderOf(some, driven), 'redriven')
  }
}

/** An update answers its rows in any order; the longest overdue go first. */
function inOrderOf(asked: readonly DrivenDelivery[], driven: readonly DrivenDelivery[]): DrivenDelivery[] {
  const place = new Map(asked.map(({ deliveryId }, index) => [deliveryId, index]))
  const at = ({ deliveryId }: DrivenDelivery) => place.get(deliveryId) ?? asked.length
  return driven.toSorted((a, b) => at(a) - at(b))
}

async function missing(
  { producers, gate }: RelayParts,
  overdue: DrivenDelivery[],
): Promise<DrivenDelivery[]> {
  const ids = (channel: Channel) => overdue.filter((row) => row.channel === channel).map(jobIdOf)
  const [email, sms] = await Promise.all([
    producers.email.waiting(ids('email')),
    producers.sms.waiting(ids('sms')),
  ])
  gate.passed()
  const waiting = { email, sms }
  return overdue.filter((row) => !waiting[row.channel].has(jobIdOf(row)))
}
