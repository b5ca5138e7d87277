// What the relay needs of Postgres. `relayStore` of packages/db is it; tests use a double with the same contract.

export type Channel = 'email' | 'sms'

export interface DrivenDelivery {
  tenantId: string
  deliveryId: string
  channel: Channel
  /** Counts how often the delivery was handed to the queue; part of its job's id. */
  drive: number
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
  /** Names queued deliveries that nobody took for 10 s, the longest first; each is named again 10 s later. */
  overdueQueued(batch: number): Promise<DrivenDelivery[]>
  /** Gives the lost ones a new drive; those that moved on meanwhile are not in the answer, which has no order. */
  redrive(lost: DrivenDelivery[]): Promise<DrivenDelivery[]>
  /** Ends what ran out of time; answers how many. */
  expireDue(batch: number): Promise<number>
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
