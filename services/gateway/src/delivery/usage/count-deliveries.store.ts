// How many deliveries a tenant made on each day, by channel and by what became of them so far.

import type { DeliveryStatus } from '@postern/contracts/challenge'
import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import { idBefore, idBehind } from '../list/delivery-ids.ts'

export interface DayCount {
  /** as 2026-11-20, in UTC */
  day: string
  channel: 'email' | 'sms'
  status: DeliveryStatus
  count: number
}

/** @param from the first instant; `to`: the first one after the last */
export function countDeliveries(
  run: TenantRun,
  tenantId: string,
  { from, to }: { from: Date; to: Date },
): Promise<DayCount[]> {
  // Days are grouped as days: as texts, a month of them would be compared letter by letter.
  return run(sql<DayCount>`
    SELECT to_char(c.day, 'YYYY-MM-DD') AS day, c.channel, c.status, c.count
      FROM (SELECT (created_at AT TIME ZONE 'UTC')::date AS day, channel, status, count(*)::integer AS count
              FROM deliveries
             WHERE tenant_id = ${tenantId}::uuid AND id > ${idBefore(from)}::uuid AND id < ${idBehind(to)}::uuid
               AND created_at >= ${from}::timestamptz AND created_at < ${to}::timestamptz
             GROUP BY 1, 2, 3) c
     ORDER BY c.day, c.channel, c.status`)
}
