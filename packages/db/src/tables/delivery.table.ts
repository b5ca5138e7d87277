// Deliveries and the attempts of each.

import type { ColumnType, Generated } from 'kysely'

export type DeliveryStatus =
  | 'scheduled'
  | 'pending'
  | 'queued'
  | 'sending'
  | 'accepted'
  | 'delivered'
  | 'failed'
  | 'expired'
  | 'cancelled'
  | 'suppressed'
  | 'dead_letter'
  | 'unknown'

export interface DeliveryTable {
  tenant_id: string
  id: string
  challenge_id: string | null
  channel: 'email' | 'sms'
  template: string
  locale: string | null
  status: DeliveryStatus
  decoy: boolean
  /** sealed (AES-256-GCM); null once the delivery has ended, of a dead letter once its time is over */
  payload: Buffer | null
  payload_version: number | null
  /** keyed digests, 32 bytes each: of the writing key, then of the others */
  recipient_digest: Buffer | null
  send_at: Date
  /** since when another vendor is wanted for what one took */
  again_since: Date | null
  expires_at: Date
  /** when the relay looks again; null: never */
  due_at: Date | null
  drive: Generated<number>
  /** bigint: a decimal string */
  fence: Generated<string>
  lease_until: Date | null
  worker: string | null
  poisoned: Generated<number>
  traceparent: Generated<string | null>
  created_at: ColumnType<Date, never, never>
  updated_at: ColumnType<Date, never, Date>
  /** by which version it is written; null: not decided yet */
  template_locale: string | null
  /** 0: built in */
  template_version: number | null
}

export type AttemptOutcome = 'started' | 'accepted' | 'permanent' | 'retryable' | 'unknown'

export interface AttemptTable {
  tenant_id: string
  delivery_id: string
  number: number
  provider: string
  fence: string
  outcome: AttemptOutcome
  error_code: string | null
  provider_message_id: string | null
  started_at: ColumnType<Date, never, never>
  finished_at: Date | null
  /** the best that receipts have said of it; it only rises */
  receipt: 'undelivered' | 'rejected' | 'delivered' | null
  /** the tenant's sender; null: one of the installation's own */
  sender_id: string | null
  /** when its vendor is asked what became of it */
  ask_at: Date | null
}
