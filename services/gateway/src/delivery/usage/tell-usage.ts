// Tells what a tenant sent on which day.

import type { Usage, UsageQuery } from '@postern/contracts/http/delivery'
import type { TenantRun } from '@postern/db/with-tenant'
import { invalidField } from '@postern/service-kit/app-error'
import { countDeliveries } from './count-deliveries.store.ts'

const DAY_MS = 86_400_000
const MOST_DAYS = 31

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)

/**
 * Both days count; 31 at most.
 * @throws AppError VALIDATION_FAILED
 */
export async function tellUsage(
  run: TenantRun,
  tenantId: string,
  { since, until }: UsageQuery,
  now: Date,
): Promise<Usage> {
  const last = Date.parse(until ?? dayOf(now.getTime()))
  const first = since === undefined ? last - (MOST_DAYS - 1) * DAY_MS : Date.parse(since)
  if (last < first) throw invalidField('query.until', 'is before since')
  if (last - first >= MOST_DAYS * DAY_MS)
    throw invalidField('query.since', 'lies more than 31 days before until')
  const items = await countDeliveries(run, tenantId, { from: new Date(first), to: new Date(last + DAY_MS) })
  return { since: dayOf(first), until: dayOf(last), items }
}
