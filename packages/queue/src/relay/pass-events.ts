// Hands events to the audit service, up to 500 a job: recording them is one statement there, however many they are.

import { claimWhileFull, type RelayStep } from './relay-parts.ts'

const MOST_EVENTS = 500

export const passEvents: RelayStep = async ({ store, producers, gate, metrics, random, stopping }) => {
  const { events } = producers
  if (events === undefined) return false
  return claimWhileFull(stopping, async () => {
    const size = gate.allows(MOST_EVENTS)
    if (size === 0) return false
    const ids = await store.claimEvents(size)
    const [first] = ids
    if (first === undefined) return false
    // The random part: events that come again must not meet the id of an earlier job that failed and is still kept.
    const job = {
      id: `${first}.${random.uuid()}`,
      data: { v: 1 as const, event_ids: ids },
      traceparent: null,
    }
    await events.addBulk([job])
    gate.passed()
    metrics.eventsQueued(ids.length)
    return ids.length >= size
  })
}
