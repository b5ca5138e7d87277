// Puts a canary into every queue that this relay fills. Whether it comes out, and when, tells more than a worker that says
// it is running: see `canary` in run-job.ts.

import type { RelayParts, RelayStep } from './relay-parts.ts'

export const sendCanaries =
  (clock: { now(): Date }): RelayStep =>
  async ({ producers, gate }: RelayParts) => {
    if (gate.allows(1) === 0) return false
    const all = Object.values(producers)
    await Promise.all(all.map((producer) => producer.addCanary(clock.now())))
    gate.passed()
    return false
  }
