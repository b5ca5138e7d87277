// The tables that the notifier's role may touch; a test holds this against its grants.

import type { ChallengeTable } from '../tables/challenge.table.ts'
import type { AttemptTable, DeliveryTable } from '../tables/delivery.table.ts'
import type { OutboxTable } from '../tables/event.table.ts'
import type { SuppressionTable, WebhookReceiptTable } from '../tables/receipt.table.ts'
import type { SenderTable } from '../tables/sender.table.ts'
import type { TemplateTable } from '../tables/template.table.ts'
import type { TenantTable } from '../tables/tenant.table.ts'

export interface NotifierDatabase {
  tenants: TenantTable
  senders: SenderTable
  challenges: ChallengeTable
  deliveries: DeliveryTable
  attempts: AttemptTable
  webhook_receipts: WebhookReceiptTable
  suppressions: SuppressionTable
  templates: TemplateTable
  outbox: OutboxTable
}
