// A tenant's senders. Every change is told in its own statement; the notifier reads the list anew with each delivery.

import type { ChannelName, Provider } from '@postern/contracts/sender'
import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'

export interface SenderRecord {
  id: string
  channel: ChannelName
  provider: Provider
  position: number
  settings: Record<string, unknown>
  secret: string | null
  enabled: boolean
  created_at: Date
  updated_at: Date
}

export type NewSender = Omit<SenderRecord, 'position' | 'created_at' | 'updated_at'> & {
  tenantId: string
  /** null: behind all others */
  position: number | null
}

const COLUMNS = sql`id, channel, provider, position, settings, secret, enabled, created_at, updated_at`

/** `full`: the channel has as many as it may. Undefined when there is no such tenant. */
export async function insertSender(
  run: TenantRun,
  sender: NewSender,
  max: number,
): Promise<SenderRecord | 'full' | undefined> {
  const { tenantId, channel } = sender
  const query = sql<SenderRecord | { id: null }>`
    WITH there AS (
      SELECT count(*) AS n, max(position) AS last FROM senders
       WHERE tenant_id = ${tenantId}::uuid AND channel = ${channel}
    ), created AS (
      INSERT INTO senders (tenant_id, id, channel, provider, position, settings, secret, enabled)
      SELECT t.id, ${sender.id}::uuid, ${channel}, ${sender.provider},
             coalesce(${sender.position}::integer, least(coalesce(e.last + 1, 0), 99)), ${JSON.stringify(sender.settings)}::jsonb,
             ${sender.secret}, ${sender.enabled}::boolean
        FROM tenants t CROSS JOIN there e WHERE t.id = ${tenantId}::uuid AND e.n < ${max}::integer
      RETURNING ${COLUMNS}
    ), told AS (
      INSERT INTO outbox (tenant_id, kind, subject, outcome, data)
      SELECT ${tenantId}::uuid, 'sender.created', 'sender:' || id, 'success',
             jsonb_build_object('channel', channel, 'provider', provider, 'position', position) FROM created
    )
    SELECT c.id, c.channel, c.provider, c.position, c.settings, c.secret, c.enabled, c.created_at, c.updated_at
      FROM tenants t LEFT JOIN created c ON true WHERE t.id = ${tenantId}::uuid`
  const [row] = await run(query, lockOf(tenantId))
  if (row === undefined) return undefined
  return row.id === null ? 'full' : row
}

/** Those who add to one tenant's lists wait for each other, so that each sees how many there are. */
const lockOf = (tenantId: string) => `senders:${tenantId}`

/** In the order in which they are asked. */
export function readSenders(
  run: TenantRun,
  tenantId: string,
  channel: ChannelName | null,
): Promise<SenderRecord[]> {
  return run(sql<SenderRecord>`
    SELECT ${COLUMNS} FROM senders
     WHERE tenant_id = ${tenantId}::uuid AND (${channel}::text IS NULL OR channel = ${channel})
     ORDER BY channel, position, id`)
}

export async function findSender(
  run: TenantRun,
  tenantId: string,
  id: string,
): Promise<SenderRecord | undefined> {
  const [row] = await run(sql<SenderRecord>`
    SELECT ${COLUMNS} FROM senders WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid`)
  return row
}

export type SenderChange = Partial<Pick<SenderRecord, 'position' | 'settings' | 'secret' | 'enabled'>>

/** Undefined when there is no such sender. */
export async function changeSender(
  run: TenantRun,
  tenantId: string,
  id: string,
  change: SenderChange,
): Promise<SenderRecord | undefined> {
  const { position, settings, secret, enabled } = change
  const changed = JSON.stringify({ changed: Object.keys(change) })
  const [row] = await run(sql<SenderRecord>`
    WITH changed AS (
      UPDATE senders SET
        position = coalesce(${position ?? null}::integer, position),
        settings = coalesce(${settings ? JSON.stringify(settings) : null}::jsonb, settings),
        secret = CASE WHEN ${secret !== undefined}::boolean THEN ${secret ?? null} ELSE secret END,
        enabled = coalesce(${enabled ?? null}::boolean, enabled),
        updated_at = clock_timestamp()
      WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid
      RETURNING ${COLUMNS}
    ), told AS (
      INSERT INTO outbox (tenant_id, kind, subject, outcome, data)
      SELECT ${tenantId}::uuid, 'sender.updated', 'sender:' || id, 'success', ${changed}::jsonb FROM changed
    )
    SELECT ${COLUMNS} FROM changed`)
  return row
}

/** A repeat changes nothing. */
export async function deleteSender(run: TenantRun, tenantId: string, id: string): Promise<void> {
  await run(sql`
    WITH removed AS (
      DELETE FROM senders WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid
      RETURNING id, channel, provider
    )
    INSERT INTO outbox (tenant_id, kind, subject, outcome, data)
    SELECT ${tenantId}::uuid, 'sender.removed', 'sender:' || id, 'success',
           jsonb_build_object('channel', channel, 'provider', provider) FROM removed`)
}
