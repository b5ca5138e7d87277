// Every vendor call and what was answered, written before the answer leaves: the oracle of tests.
// Entries are numbered without gaps from 1, so a reader sees when older ones fell off the end.

import type { FaultMode } from '../fault/fault.ts'
import { Newest } from '../newest.ts'
import type { Marker } from '../vendor/vendor-double.ts'

export interface Answered {
  /** `reset`: the connection was reset · `silence`: nothing was said. */
  readonly outcome: 'answer' | 'reset' | 'silence'
  readonly status: number | null
  /** The body as the vendor would say it, before a fault spoiled it. */
  readonly body: string | null
}

export interface CallRecord {
  readonly provider: string
  readonly at: Date
  readonly method: string
  readonly path: string
  readonly marker: Marker | null
  /** Whom it was for, where the vendor takes no marker. */
  readonly to: string | null
  readonly body_sha256: string
  readonly body_bytes: number
  readonly accepted: boolean
  readonly message_id: string | null
  readonly fault: FaultMode | null
  readonly answered: Answered
}

export interface LedgerEntry extends Omit<CallRecord, 'at'> {
  readonly seq: number
  /** RFC 3339, when the whole request had come. */
  readonly at: string
}

export interface CallFilter {
  readonly provider?: string
  readonly delivery_id?: string
  /** The newest of those only. */
  readonly limit?: number
}

export class Ledger {
  readonly #entries: Newest<LedgerEntry>
  #seq = 0

  constructor(maxCount: number) {
    this.#entries = new Newest({ maxCount })
  }

  record(call: CallRecord): void {
    this.#seq += 1
    this.#entries.add({ seq: this.#seq, ...call, at: call.at.toISOString() })
  }

  /** Oldest first, as a ledger reads. */
  list(filter: CallFilter = {}): LedgerEntry[] {
    const found = this.#entries
      .oldestFirst()
      .filter((entry) => filter.provider === undefined || entry.provider === filter.provider)
      .filter((entry) => filter.delivery_id === undefined || entry.marker?.delivery_id === filter.delivery_id)
    return filter.limit === undefined ? found : found.slice(-filter.limit)
  }
}
