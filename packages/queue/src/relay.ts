// Moves due rows from Postgres to the queue, and again what the queue lost. Nothing it does can lose a row: rows stay in
// Postgres until they have ended, and every failure here only makes a row come later. Nothing it does throws.

import type { QueueLogger } from './queue-log.ts'
import { boundedStore } from './relay/bounded-store.ts'
import { type HandOver, openHandOver } from './relay/hand-over.ts'
import { queueGate } from './relay/queue-gate.ts'
import type { RelayParts, RelayProducers } from './relay/relay-parts.ts'
import type { RelayMetrics, RelayStore } from './relay/relay-store.ts'
import { startRounds } from './relay/rounds.ts'
import { roundOf } from './relay/run-steps.ts'
import { failureTeller } from './relay/tell-failure.ts'

export type { RelayProducers } from './relay/relay-parts.ts'
export type * from './relay/relay-store.ts'

export interface RelayOptions {
  readonly store: RelayStore
  readonly producers: RelayProducers
  readonly logger: QueueLogger
  readonly metrics: RelayMetrics
  readonly clock: { now(): Date }
  readonly random: { uuid(): string }
  readonly failpoint?: RelayParts['failpoint']
  /** A round begins at least this often, nudged or not. 500 unless told. */
  readonly pollMs?: number
  /** Deliveries of one claim and one add. 200 unless told: more is not faster. */
  readonly batch?: number
}

export interface Relay extends Pick<HandOver, 'takes' | 'hand'> {
  /** Something was committed that wants to go out: a round begins at once, or right after the running one. */
  nudge(): void
  /** Finishes the running round and adds what it was handed, at most for `deadlineMs`. Never rejects. */
  stop(deadlineMs: number): Promise<void>
}

const STORE_MS = 6_000
const SPACING_MS = 20

/** Starts relaying. Several relays, in one or many processes, share the work and never do it twice. */
export function startRelay(options: RelayOptions): Relay {
  const {
    clock,
    producers,
    metrics,
    random,
    failpoint = () => undefined,
    pollMs = 500,
    batch = 200,
  } = options
  let stopping = false
  const parts: RelayParts = {
    store: boundedStore(options.store, STORE_MS),
    producers,
    gate: queueGate(clock, () => Object.values(producers).every((producer) => producer.ready())),
    metrics,
    random,
    failpoint,
    batch,
    stopping: () => stopping,
  }
  const rounds = startRounds({ round: roundOf(parts, clock, options.logger), pollMs, spacingMs: SPACING_MS })
  const handOver = openHandOver(parts, SPACING_MS, failureTeller(parts, options.logger, 'hand-over'))
  return {
    nudge: () => rounds.nudge(),
    takes: () => handOver.takes(),
    hand: (delivery) => handOver.hand(delivery),
    async stop(deadlineMs) {
      stopping = true
      await Promise.all([rounds.stop(deadlineMs), handOver.stop(deadlineMs)])
    },
  }
}
