// Messages that a vendor took and no receipt told of, of all tenants, and the senders that they went by.

import type { NotifierDatabase } from '@postern/db/databases/notifier.database'
import { type Kysely, sql } from 'kysely'
import type { ConfiguredSender } from '../sender/configured-sender.ts'

export interface Unreported {
  readonly tenantId: string
  readonly deliveryId: string
  readonly attempt: number
  readonly channel: 'email' | 'sms'
  readonly provider: 'sendgrid' | 'ses' | 'smtp' | 'gateway' | 'twilio'
  /** The tenant's own; null: the installation's. */
  readonly senderId: string | null
  readonly providerMessageId: string
  readonly traceparent: string | null
}

/** Up to `batch` whose turn it is, longest due first. No other process gets them before their next turn. */
export async function claimUnreported(db: Kysely<NotifierDatabase>, batch: number): Promise<Unreported[]> {
  const { rows } = await sql<Unreported>`
    SELECT tenant_id AS "tenantId", delivery_id AS "deliveryId", attempt, channel, provider, sender_id AS "senderId",
           provider_message_id AS "providerMessageId", traceparent FROM claim_unreported(${batch})`.execute(
    db,
  )
  return rows
}

/** For how many seconds the one that waits longest has been waiting for its turn; 0: nobody waits. */
export async function unreportedOverdue(db: Kysely<NotifierDatabase>): Promise<number> {
  const { rows } = await sql<{ seconds: number }>`SELECT unreported_overdue_seconds() AS seconds`.execute(db)
  return rows[0]?.seconds ?? 0
}

/** Also those that are switched off: they sent it. By id. */
export async function sendersOf(
  db: Kysely<NotifierDatabase>,
  ids: readonly string[],
): Promise<Map<string, ConfiguredSender>> {
  if (ids.length === 0) return new Map()
  const { rows } = await sql<ConfiguredSender>`
    SELECT id, provider, settings, secret, updated_at::text AS version FROM senders WHERE id = ANY (${ids}::uuid[])`.execute(
    db,
  )
  return new Map(rows.map((row) => [row.id, row]))
}
