// Reads a tenant's deliveries, newest first, along the primary key: ids are UUIDs of version 7. However few fit, no look
// reads more than it may; where it stopped is told, and the next one goes on there.

import { DELIVERY_STATUSES, type DeliveryStatus } from '@postern/contracts/challenge'
import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import type { DeliveryFacts } from '../delivery.ts'
import { idBefore } from './delivery-ids.ts'

export interface DeliveryFilter {
  status?: DeliveryStatus | undefined
  channel?: 'email' | 'sms' | undefined
  /** made from this instant on */
  since?: Date | undefined
  /** older than the one of this id */
  after?: string | undefined
}

/** Kept apart by the index `deliveries_aside`. */
const ASIDE: ReadonlySet<DeliveryStatus> = new Set([
  'scheduled',
  'failed',
  'expired',
  'cancelled',
  'suppressed',
  'dead_letter',
  'unknown',
])

export interface Bounds {
  /** deliveries at most */
  count: number
  /** rows that are looked at for them, at most */
  look: number
}

export interface FoundDeliveries {
  found: DeliveryFacts[]
  /** the last one that was looked at, where more may lie behind it */
  stoppedAt: string | null
}

type Row = { [K in keyof DeliveryFacts]: DeliveryFacts[K] | null } & {
  looked: number
  last_id: string | null
}

export async function newestDeliveries(
  run: TenantRun,
  tenantId: string,
  filter: DeliveryFilter,
  { count, look }: Bounds,
): Promise<FoundDeliveries> {
  const { status, channel, since } = filter
  const most = channel === undefined && status === undefined && since === undefined ? count : look
  const rows = await run(sql<Row>`
    WITH looked AS MATERIALIZED (
      SELECT id, channel, status, template, challenge_id, send_at, expires_at, created_at FROM deliveries
       WHERE tenant_id = ${tenantId}::uuid ${placeOf(filter)} ORDER BY id DESC LIMIT ${most}
    ), found AS (
      SELECT id, channel, status, template, challenge_id, send_at, expires_at, created_at FROM looked
       WHERE (${status ?? null}::text IS NULL OR status = ${status ?? null}::text)
         AND (${channel ?? null}::text IS NULL OR channel = ${channel ?? null}::text)
         AND (${since ?? null}::timestamptz IS NULL OR created_at >= ${since ?? null}::timestamptz)
       ORDER BY id DESC LIMIT ${count}
    )
    SELECT n.looked, n.last_id, f.id, f.channel, f.status, f.template, f.challenge_id, f.send_at, f.expires_at,
           f.created_at
      FROM (SELECT count(*)::integer AS looked, (SELECT id FROM looked ORDER BY id LIMIT 1) AS last_id FROM looked) n
      LEFT JOIN found f ON true ORDER BY f.id DESC`)
  const found = rows.filter((row): row is Row & DeliveryFacts => row.id !== null)
  const [{ looked, last_id } = { looked: 0, last_id: null }] = rows
  return { found, stoppedAt: looked < most ? null : last_id }
}

/** What the index can tell. A status that is kept apart is named as it is, so that its own index is seen to fit. */
function placeOf({ status, since, after }: DeliveryFilter) {
  const rare = DELIVERY_STATUSES.find((one) => one === status && ASIDE.has(one))
  const parts = [
    ...(rare === undefined ? [] : [sql`AND status = ${sql.lit(rare)}`]),
    ...(since === undefined ? [] : [sql`AND id > ${idBefore(since)}::uuid`]),
    ...(after === undefined ? [] : [sql`AND id < ${after}::uuid`]),
  ]
  return sql.join(parts, sql` `)
}
