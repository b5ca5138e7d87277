// The tables that the gateway's role may touch; a test holds this against its grants.

import type { ApiKeyTable } from '../tables/api-key.table.ts'
import type { ChallengeTable, IdempotencyKeyTable, IdentifierGuardTable } from '../tables/challenge.table.ts'
import type { AttemptTable, DeliveryTable } from '../tables/delivery.table.ts'
import type { OutboxTable } from '../tables/event.table.ts'
import type {
  FactorGuardTable,
  PendingSignInTable,
  RecoveryCodeTable,
  TotpFactorTable,
} from '../tables/factor.table.ts'
import type { SuppressionTable, WebhookReceiptTable } from '../tables/receipt.table.ts'
import type { SenderTable } from '../tables/sender.table.ts'
import type { RefreshTokenTable, RevocationTable, SessionTable } from '../tables/session.table.ts'
import type { TemplateTable } from '../tables/template.table.ts'
import type { BrowserHostTable, TenantTable } from '../tables/tenant.table.ts'
import type { IdentifierTable, UserTable } from '../tables/user.table.ts'

export interface GatewayDatabase {
  tenants: TenantTable
  senders: SenderTable
  browser_hosts: BrowserHostTable
  api_keys: ApiKeyTable
  users: UserTable
  identifiers: IdentifierTable
  sessions: SessionTable
  refresh_tokens: RefreshTokenTable
  revocations: RevocationTable
  pending_sign_ins: PendingSignInTable
  totp_factors: TotpFactorTable
  recovery_codes: RecoveryCodeTable
  factor_guards: FactorGuardTable
  challenges: ChallengeTable
  deliveries: DeliveryTable
  attempts: AttemptTable
  webhook_receipts: WebhookReceiptTable
  suppressions: SuppressionTable
  identifier_guards: IdentifierGuardTable
  idempotency_keys: IdempotencyKeyTable
  templates: TemplateTable
  outbox: OutboxTable
}
