// One event of a tenant's trail.

import type { AuditDatabase } from '@postern/db/databases/audit.database'
import type { Database } from '@postern/db/pool'
import { alone, type TenantScope } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { findEvent } from './event.store.ts'
import type { TrailEvent } from './event.ts'

export interface GetEventDeps {
  readonly database: Database<AuditDatabase>
}

/** @throws AppError NOT_FOUND, whether the event is another tenant's, not recorded yet, or never was */
export async function getEvent(
  { database }: GetEventDeps,
  scope: TenantScope,
  id: string,
): Promise<TrailEvent> {
  const event = await findEvent(alone(database, scope), id)
  if (event === undefined) throw new AppError('NOT_FOUND', { reason: 'no such event of this tenant' })
  return event
}
