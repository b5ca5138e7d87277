// A tenant's sender, as a webhook's URL names it: read before its tenant is known, as the table allows.

import type { GatewayDatabase } from '@postern/db/databases/gateway.database'
import type { Kysely } from 'kysely'

export interface SenderRow {
  readonly tenantId: string
  readonly provider: string
  readonly settings: Record<string, unknown>
  readonly secret: string | null
}

/** Also one that is switched off: what it sent before is told now. */
export async function readReceiptSender(
  db: Kysely<GatewayDatabase>,
  id: string,
): Promise<SenderRow | undefined> {
  const row = await db
    .selectFrom('senders')
    .select(['tenant_id', 'provider', 'settings', 'secret'])
    .where('id', '=', id)
    .executeTakeFirst()
  return (
    row && { tenantId: row.tenant_id, provider: row.provider, settings: row.settings, secret: row.secret }
  )
}
