// What a worker may do with a delivery, and what became of it. The numbers that the guarantees stand on are here.

import type { ConfiguredSender } from '../sender/configured-sender.ts'
import type { Wording } from './wording.ts'

/** Who holds a delivery holds it this long; a vendor call and its recording must fit in. Seconds. */
export const LEASE_SECONDS = 10

/** Claims in a row that never came to a rendered message. */
export const MAX_POISONED = 3

/** Why a delivery was not taken. */
export type Refusal =
  | 'gone'
  | 'other_channel'
  | 'taken'
  | 'expired'
  | 'not_due'
  | 'decoy'
  | 'challenge_over'
  | 'suppressed'
  | 'attempts_used'
  | 'poisoned'

/** Refusals that changed the delivery: they ended it. */
export const ENDS_DELIVERY: ReadonlySet<Refusal> = new Set([
  'decoy',
  'challenge_over',
  'suppressed',
  'attempts_used',
  'poisoned',
])

export interface Claim {
  readonly tenantId: string
  readonly deliveryId: string
  /** Writes count only while this is still the row's. A decimal string. */
  readonly fence: string
  readonly template: string
  readonly wording: Wording
  /** As its operator wrote it; null: the tenant is gone. */
  readonly tenantName: string | null
  readonly payload: Buffer | null
  readonly payloadVersion: number | null
  /** Since it was due, or another vendor was wanted for it, and until its secret stops working, by the database's clock. Seconds. */
  readonly secondsWaited: number
  readonly secondsLeft: number
  /** The keys of the vendors that were asked so far, one entry an attempt, oldest first. */
  readonly tried: readonly string[]
  /** The keys of the vendors that took it already: they are not asked again. */
  readonly takenBy: readonly string[]
  /** Attempts that were surely not sent. */
  readonly refusals: number
  /** The tenant's own list as it is now, in order; empty: the installation's is used. */
  readonly senders: readonly ConfiguredSender[]
  /** Oldest first. */
  readonly unsure: readonly UnsureAttempt[]
  readonly traceparent: string | null
}

/** An attempt that may have reached the recipient: its answer was never read. */
export interface UnsureAttempt {
  readonly number: number
  /** Of its vendor. */
  readonly key: string
  readonly provider: string
  /** By the database's clock. */
  readonly startedAt: Date
}

export type ClaimAnswer =
  | { readonly kind: 'claimed'; readonly claim: Claim }
  | { readonly kind: 'refused'; readonly reason: Refusal; readonly status: string | null }

export interface Attempt {
  readonly number: number
  readonly provider: string
  /** Another vendor is listed that did not take the message. */
  readonly hasOther: boolean
  /** Its vendor can be asked later what became of the message. */
  readonly isAnswerable: boolean
  /** Another vendor was asked before it. */
  readonly isFailover: boolean
  /** An earlier attempt may already have reached the recipient, so this one is the last. */
  readonly isLast: boolean
}

/** How an attempt ended and where the delivery goes. */
export interface Ending {
  readonly outcome: 'accepted' | 'permanent' | 'retryable' | 'unknown'
  readonly status: 'accepted' | 'failed' | 'unknown' | 'pending'
  /** Ours, never the vendor's words. */
  readonly errorCode: string | null
  readonly providerMessageId: string | null
  /** When `pending`: milliseconds until the next try. */
  readonly retryInMs: number | null
}
