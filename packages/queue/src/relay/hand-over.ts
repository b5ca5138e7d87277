// Takes deliveries that were committed as queued by this very process, and adds them to the queue together: what came within some
// milliseconds shares jobs. They are marked already, so whatever fails here costs 10 s and never a delivery.

import { settledWithin } from '../within.ts'
import { addDeliveries } from './add-deliveries.ts'
import type { RelayParts } from './relay-parts.ts'
import type { DrivenDelivery } from './relay-store.ts'
import { startRounds } from './rounds.ts'
import type { FailureTeller } from './tell-failure.ts'

export interface HandOver {
  /** Whether what is committed as queued now would be added at once. Otherwise it is to be committed as due, for the relay. */
  takes(): boolean
  /** Adds a delivery that was committed as queued, under its first drive; after `stop` it is left to be found lost. Never throws. */
  hand(delivery: DrivenDelivery): void
  /** Adds what it was handed, at most for `deadlineMs`. Never rejects. */
  stop(deadlineMs: number): Promise<void>
}

/** More than this waits only where the queue is slow: Postgres is the better place for it then. */
const MOST_HANDED = 1_000
/** Nothing to do unless it is asked. */
const POLL_MS = 60_000

export function openHandOver(parts: RelayParts, spacingMs: number, teller: FailureTeller): HandOver {
  let handed: DrivenDelivery[] = []

  async function addHanded(): Promise<boolean> {
    const rows = handed
    handed = []
    if (rows.length === 0) return false
    try {
      await addDeliveries(parts, rows, 'queued')
      teller.worked()
    } catch (error) {
      teller.failed(error)
    }
    return handed.length > 0
  }

  const rounds = startRounds({ round: addHanded, pollMs: POLL_MS, spacingMs })
  return {
    takes: () => !parts.stopping() && parts.gate.isOpen() && handed.length < MOST_HANDED,
    hand(delivery) {
      handed.push(delivery)
      rounds.nudge()
    },
    async stop(deadlineMs) {
      await settledWithin(deadlineMs, rounds.stop(deadlineMs).then(addHanded))
    },
  }
}
