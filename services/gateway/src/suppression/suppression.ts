// An entry of a tenant's suppression list, as answers show it.

import type { Suppression } from '@postern/contracts/http/suppression'

export interface SuppressionRow {
  id: string
  channel: 'email' | 'sms'
  reason: 'hard_bounce' | 'complaint' | 'opt_out'
  provider: 'sendgrid' | 'ses' | 'smtp' | 'gateway' | 'twilio'
  created_at: Date
}

export interface ListedSuppressions {
  items: Suppression[]
  next_cursor: string | null
}

export const showSuppression = (row: SuppressionRow): Suppression => ({
  ...row,
  created_at: row.created_at.toISOString(),
})
