// The relay as a service runs it: its producers on one connection, and an end in the right order.

import { QUEUES } from '@postern/contracts/queues'
import type { Metrics } from '@postern/telemetry/metric-names'
import type { QueueConnection } from './connection.ts'
import { createProducer } from './producer.ts'
import type { QueueLogger } from './queue-log.ts'
import { relayMetrics } from './queue-metrics.ts'
import { type Relay, type RelayOptions, type RelayStore, startRelay } from './relay.ts'

export interface ServiceRelayOptions {
  readonly connection: QueueConnection
  /** `relayStore(database.db)` of packages/db */
  readonly store: RelayStore
  readonly logger: QueueLogger
  readonly metrics: Metrics
  readonly clock: { now(): Date }
  readonly random: { uuid(): string }
  readonly failpoint?: NonNullable<RelayOptions['failpoint']>
  /** Whether it hands over events too: the audit service's alone does. */
  readonly events?: boolean
}

const EVENTS_POLL_MS = 200
/** What a round has claimed is added within this, or found overdue later. */
const LONGEST_STOP_MS = 5_000

/** Starts a relay with producers of its own; its `stop` takes 5 s at most and closes them too, but not the connection. */
export function openRelay({ connection, metrics, events, ...rest }: ServiceRelayOptions): Relay {
  const producers = {
    email: createProducer(connection, QUEUES.deliverEmail),
    sms: createProducer(connection, QUEUES.deliverSms),
    ...(events && { events: createProducer(connection, QUEUES.recordEvents) }),
  }
  const relay = startRelay({
    ...rest,
    producers,
    metrics: relayMetrics(metrics, rest.clock),
    // Nobody nudges for events: they are told in other processes.
    ...(events && { pollMs: EVENTS_POLL_MS }),
  })
  return {
    nudge: () => relay.nudge(),
    takes: () => relay.takes(),
    hand: (delivery) => relay.hand(delivery),
    async stop(deadlineMs) {
      await relay.stop(Math.min(deadlineMs, LONGEST_STOP_MS))
      await Promise.all(Object.values(producers).map((producer) => producer.close()))
    },
  }
}
