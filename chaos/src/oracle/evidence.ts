// What the oracle judges by: what clients were told, what vendors were called with, and what Postgres and the trail hold.
// Times are milliseconds since 1970; clients, vendors and Postgres share one machine and so one clock.

import type { KillPoint } from '@postern/service-kit/failpoint'

/** One intent as its client knows it: a send that was asked for until somebody answered. */
export interface Intent {
  /** Idempotency key, and what verdicts call it. */
  readonly key: string
  /** Which scenario asked for it. */
  readonly scenario: number
  readonly tenant: string
  readonly tenantName: string
  /** A notice is a message of the tenant's own: no challenge, and nothing to prove. */
  readonly kind: 'link' | 'code' | 'notice'
  readonly channel: 'email' | 'sms'
  readonly to: string
  /** What a 2xx promised, `id` being that of the challenge, '' for a notice; null: nobody ever promised it. */
  answer: { readonly id: string; readonly deliveryId: string } | null
  /** The last answer's code where it was no promise; null: none came. */
  refusal: string | null
  /** The client was told 2xx to its wish to have it revoked. */
  revoked: boolean
  /** The client was told 2xx to its wish to have the message called off. */
  cancelled: boolean
  /** When it is due, as the client was told last; null: at once. */
  notBefore: number | null
  /** Statuses of the verifies with the right secret. */
  readonly proofs: number[]
  /** Statuses of verifies with the right secret by another tenant. */
  readonly foreignProofs: number[]
  /** Answers to wrong guesses: how many were judged, and so cost a try. */
  judgedGuesses: number
}

export interface VendorCall {
  readonly provider: string
  readonly at: number
  /** null: the vendor takes no mark of ours. */
  readonly deliveryId: string | null
  readonly to: string | null
  readonly accepted: boolean
  /** What the vendor did wrong with it. */
  readonly fault: string | null
}

export interface Message {
  readonly deliveryId: string | null
  readonly to: string
  readonly text: string
}

export interface ChallengeRow {
  readonly tenant: string
  readonly id: string
  readonly identityKey: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly consumedAt: number | null
  readonly supersededAt: number | null
  readonly revokedAt: number | null
}

export interface DeliveryRow {
  readonly tenant: string
  readonly id: string
  readonly challengeId: string | null
  readonly status: string
  readonly expiresAt: number
  readonly updatedAt: number
  readonly drive: number
}

export interface AttemptRow {
  readonly deliveryId: string
  readonly number: number
  readonly outcome: string
  /** Ours; `lease_ended`: its worker never said how it ended. */
  readonly errorCode: string | null
  readonly startedAt: number
}

export interface SessionRow {
  readonly tenant: string
  readonly id: string
  readonly challengeId: string
}

export interface TrailEvent {
  readonly id: string
  readonly tenant: string
  readonly kind: string
  readonly subject: string
  readonly reason: string | null
  readonly at: number
}

/** What the harness did, and when. Only some of it may cost a second call. */
export type Disturbance =
  | {
      readonly kind: 'kill'
      readonly service: 'gateway' | 'notifier'
      readonly point: KillPoint
      readonly at: number
    }
  /** A process, or the whole machine: then the harness itself stood still. */
  | { readonly kind: 'frozen'; readonly from: number; to: number }
  | { readonly kind: 'postgres'; readonly from: number; to: number }

export interface Evidence {
  readonly intents: readonly Intent[]
  readonly calls: readonly VendorCall[]
  readonly messages: readonly Message[]
  readonly challenges: readonly ChallengeRow[]
  readonly deliveries: readonly DeliveryRow[]
  readonly attempts: readonly AttemptRow[]
  readonly sessions: readonly SessionRow[]
  readonly events: readonly TrailEvent[]
  readonly disturbances: readonly Disturbance[]
  /** Events that were told and never recorded. */
  readonly unrecorded: number
  /** Where a secret was found that must not be there. */
  readonly leaks: readonly string[]
  /** Rows that a service's role saw without naming a tenant. */
  readonly rowsWithoutTenant: number
  /** Answers of 500 that any client got. */
  readonly internalErrors: number
}

export type Rule = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8'

export interface Violation {
  readonly rule: Rule
  /** The intent's key; null: of the whole house. */
  readonly intent: string | null
  readonly what: string
}
