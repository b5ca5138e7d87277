// Runs the steps of one round, each for itself: a step that fails stops neither the others nor the relay.

import { CANARY_EVERY_MS } from '../producer.ts'
import type { QueueLogger } from '../queue-log.ts'
import { expireDue, expireQueued } from './expire-due.ts'
import { measureBacklog } from './measure-backlog.ts'
import { passDeliveries } from './pass-deliveries.ts'
import { passEvents } from './pass-events.ts'
import { redriveLost } from './redrive-lost.ts'
import type { RelayParts, RelayStep } from './relay-parts.ts'
import { reviewHeld } from './review-held.ts'
import { sendCanaries } from './send-canaries.ts'
import { failureTeller } from './tell-failure.ts'

/** Each step, and how far apart its turns are at least, in milliseconds. */
const STEPS: readonly (readonly [RelayStep, number])[] = [
  [reviewHeld, 1_000],
  [passDeliveries, 0],
  [passEvents, 100],
  [redriveLost, 1_000],
  [expireDue, 1_000],
  [expireQueued, 10_000],
  [measureBacklog, 1_000],
]

/** One round, to be called again and again. It answers whether work is left; it never rejects. */
export function roundOf(
  parts: RelayParts,
  clock: { now(): Date },
  logger: QueueLogger,
): () => Promise<boolean> {
  const now = () => clock.now().getTime()
  const teller = failureTeller(parts, logger, 'relay')
  const all = [...STEPS, [sendCanaries(clock), CANARY_EVERY_MS] as const]
  const steps = all.map(([step, everyMs]) => ({ step, isDue: everyNow(everyMs, now) }))
  return async () => {
    const began = now()
    let more = false
    let works = true
    for (const { step, isDue } of steps) {
      if (!isDue()) continue
      try {
        more = (await step(parts)) || more
      } catch (error) {
        works = false
        teller.failed(error)
      }
    }
    if (works) teller.worked()
    parts.metrics.round((now() - began) / 1_000)
    return more
  }
}

/** True at most once in `everyMs`, and again at once when the clock was set back. */
function everyNow(everyMs: number, now: () => number): () => boolean {
  let last = Number.NEGATIVE_INFINITY
  return () => {
    const passed = now() - last
    if (passed >= 0 && passed < everyMs) return false
    last = now()
    return true
  }
}
