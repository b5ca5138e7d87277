// A delivery that is committed as queued: the issuing statement does what the relay would do next, and this process adds it to
// the queue. Where the process dies in between it is found lost, 10 s later.

export interface QueuedDelivery {
  readonly tenantId: string
  readonly deliveryId: string
  readonly channel: 'email' | 'sms'
  readonly drive: number
  /** by the database's clock */
  readonly queuedAt: Date
  readonly traceparent: string | null
}

/** Where committed deliveries go. It is asked before, as the row has to say who is to add it. */
export interface HandOver {
  /** False while the queue is away or slow: then the delivery is committed as due, for the relay of any process. */
  takes(): boolean
  /** Only once it is committed. Never throws. */
  hand(delivery: QueuedDelivery): void
}
