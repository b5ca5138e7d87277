// Moves a batch of events from the outbox into the trail, across tenants, each exactly once.

import type { AuditDatabase } from '@postern/db/databases/audit.database'
import type { Database } from '@postern/db/pool'
import { recordEvents as moveEvents } from '@postern/db/relay.store'
import type { Metrics } from '@postern/telemetry/metric-names'

export interface RecordEventsDeps {
  readonly database: Database<AuditDatabase>
  readonly metrics: Pick<Metrics, 'eventsRecorded'>
}

/** Answers how many of them it moved; what was moved before does not count. When it throws, none was. */
export async function recordEvents({ database, metrics }: RecordEventsDeps, ids: string[]): Promise<number> {
  const moved = await moveEvents(database.db, ids)
  metrics.eventsRecorded.add(moved, {})
  return moved
}
