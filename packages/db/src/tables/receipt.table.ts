// Receipts of vendors, and the recipients whom they suppressed.

import type { ColumnType, Generated } from 'kysely'

export interface WebhookReceiptTable {
  tenant_id: string
  provider: 'sendgrid' | 'ses' | 'smtp' | 'gateway' | 'twilio'
  /** SHA-256 of what makes the event this one */
  event_key: Buffer
  delivery_id: string
  attempt: number
  status: 'sent' | 'delivered' | 'undelivered' | 'bounced' | 'complained' | 'opted_out' | 'deferred'
  error_code: string | null
  provider_message_id: string | null
  /** by the vendor's clock */
  occurred_at: Date
  received_at: ColumnType<Date, never, never>
}

export interface SuppressionTable {
  tenant_id: string
  id: Generated<string>
  channel: 'email' | 'sms'
  /** keyed */
  recipient_digest: Buffer
  reason: 'hard_bounce' | 'complaint' | 'opt_out'
  provider: string
  created_at: ColumnType<Date, never, never>
}
