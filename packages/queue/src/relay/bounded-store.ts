// Every call to Postgres ends within its bound, and its failure is told apart from the queue's.

import { failureCode } from '../queue-error.ts'
import { within } from '../within.ts'
import type { RelayStore } from './relay-store.ts'

/** Postgres did not do what the relay asked; `code` is safe to log. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure'
  readonly code: string

  constructor(code: string) {
    super(`relay store: ${code}`)
    this.code = code
  }
}

/** `store`, each of whose calls rejects with a StoreFailure at the latest after `ms` milliseconds. */
export function boundedStore(store: RelayStore, ms: number): RelayStore {
  async function bound<R>(work: () => Promise<R>): Promise<R> {
    try {
      return await within(ms, 'relay_store', work())
    } catch (error) {
      throw new StoreFailure(failureCode(error))
    }
  }
  return {
    claimDue: (batch) => bound(() => store.claimDue(batch)),
    redriveLost: (channel, queuedBefore, batch) =>
      bound(() => store.redriveLost(channel, queuedBefore, batch)),
    expireDue: (batch, ofQueue) => bound(() => store.expireDue(batch, ofQueue)),
    reviewHeld: (batch) => bound(() => store.reviewHeld(batch)),
    claimEvents: (batch) => bound(() => store.claimEvents(batch)),
    gauges: () => bound(() => store.gauges()),
  }
}
