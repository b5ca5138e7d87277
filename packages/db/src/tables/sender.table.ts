// Senders, which are read before a tenant is known. They hold no credential.

import type { ColumnType } from 'kysely'

export interface SenderTable {
  tenant_id: string
  id: string
  channel: 'email' | 'sms'
  provider: 'sendgrid' | 'ses' | 'smtp' | 'gateway' | 'twilio'
  /** the lower is asked first */
  position: number
  settings: Record<string, unknown>
  /** names a secret file; null: the vendor asks for none */
  secret: string | null
  enabled: boolean
  created_at: ColumnType<Date, never, never>
  updated_at: ColumnType<Date, never, Date>
}
