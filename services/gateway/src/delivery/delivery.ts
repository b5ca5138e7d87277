// A delivery, as its row tells it and as answers show it. What it holds of its recipient is sealed and is not shown.

import type { DeliveryStatus } from '@postern/contracts/challenge'
import type { DeliverySummary } from '@postern/contracts/http/delivery'

export interface DeliveryFacts {
  id: string
  channel: 'email' | 'sms'
  status: DeliveryStatus
  template: string
  /** null: a message of the tenant's own */
  challenge_id: string | null
  send_at: Date
  expires_at: Date
  created_at: Date
}

/** One delivery of a tenant. */
export interface DeliveryRef {
  tenantId: string
  id: string
}

export const showDelivery = (facts: DeliveryFacts): DeliverySummary => ({
  id: facts.id,
  channel: facts.channel,
  status: facts.status,
  template: facts.template,
  challenge_id: facts.challenge_id,
  send_at: facts.send_at.toISOString(),
  expires_at: facts.expires_at.toISOString(),
  created_at: facts.created_at.toISOString(),
})
