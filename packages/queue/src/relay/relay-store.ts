// What the relay needs of Postgres. `relayStore` of packages/db is it; tests use a double with the same contract.

export type Channel = 'email' | 'sms'

export interface DrivenDelivery {
  tenantId: string
  deliveryId: string
  channel: Channel
  /** Counts how often the delivery was handed to the queue. */
  drive: number
  /** When that was last, by the database's clock. */
  queuedAt: Date
  traceparent: string | null
}

export interface DueDelivery extends DrivenDelivery {
  /** Its worker had it for too long, or died. */
  leaseEnded: boolean
}

export interface RelayGauges {
  pending: number
  oldestPendingSeconds: number
  events: number
  oldestEventSeconds: number
  /** Those that can still be driven again. */
  deadLetters: number
}

export interface RelayStore {
  /** Marks up to `batch` due deliveries as queued, under a new drive, for the next 10 s. Longest due first. */
  claimDue(batch: number): Promise<DueDelivery[]>
  /**
   * Gives a new drive to deliveries of a channel that nobody took for 10 s and that were queued before `queuedBefore`, or at
   * any time where that is null. Longest queued first.
   */
  redriveLost(channel: Channel, queuedBefore: Date | null, batch: number): Promise<DrivenDelivery[]>
  /** Ends what ran out of time, of what is queued or of all else; answers how many. */
  expireDue(batch: number, ofQueue: boolean): Promise<number>
  /** Looks at what a vendor took and whose wait is over, and makes due what another vendor is to bring; answers how many. */
  reviewHeld(batch: number): Promise<number>
  /** Names up to `batch` events to be recorded; each is named again 10 s later unless it was. */
  claimEvents(batch: number): Promise<string[]>
  gauges(): Promise<RelayGauges>
}

export interface RelayMetrics {
  /** Deliveries handed to the queue for the first time or after a lease ended. */
  queued(channel: Channel, count: number): void
  /** Deliveries handed over again because the queue had lost them. */
  redriven(channel: Channel, count: number): void
  /** Of those handed over (`queued`), how many a worker had had and not ended. */
  leasesEnded(channel: Channel, count: number): void
  /** Events handed over to be recorded. */
  eventsQueued(count: number): void
  /** Deliveries ended because their time ran out. */
  expired(count: number): void
  /** A step of a round failed: the database's, or the queue's. */
  failed(where: 'store' | 'queue'): void
  backlog(gauges: RelayGauges): void
  /** How long one round took. */
  round(seconds: number): void
}
