// Reads the trail. Whose events these are is the transaction's: row-level security shows the tenant's own and no others.

import type { TenantRun } from '@postern/db/with-tenant'
import { type RawBuilder, sql } from 'kysely'
import type { TrailEvent } from './event.ts'
import type { TrailPlace } from './event-cursor.ts'

export interface TrailFilter {
  kind?: string | undefined
  /** `<type>:<id>` */
  subject?: string | undefined
  /** events from this instant on */
  since?: Date | undefined
  /** events before this instant */
  until?: Date | undefined
  /** events behind this place, going back in time */
  after?: TrailPlace | undefined
}

/** An event and its place in the trail. */
export type PlacedEvent = TrailEvent & { occurredMicros: string }

const COLUMNS = sql`tenant_id AS "tenantId", id, kind, occurred_at AS "occurredAt", recorded_at AS "recordedAt", actor,
  subject, request_id AS "requestId", outcome, reason, trace_id AS "traceId", data,
  (extract(epoch FROM occurred_at) * 1000000)::bigint AS "occurredMicros"`

/** At most `count` events that fit, newest first; those of one instant in the reverse order of their ids. */
export function newestEvents(run: TenantRun, filter: TrailFilter, count: number): Promise<PlacedEvent[]> {
  const conditions = conditionsOf(filter)
  const where = conditions.length === 0 ? sql`` : sql`WHERE ${sql.join(conditions, sql` AND `)}`
  return run(sql<PlacedEvent>`
    SELECT ${COLUMNS} FROM audit_events ${where} ORDER BY occurred_at DESC, id DESC LIMIT ${count}`)
}

function conditionsOf({ kind, subject, since, until, after }: TrailFilter): RawBuilder<unknown>[] {
  const conditions: RawBuilder<unknown>[] = []
  if (kind !== undefined) conditions.push(sql`kind = ${kind}`)
  if (subject !== undefined) conditions.push(sql`subject = ${subject}`)
  if (since !== undefined) conditions.push(sql`occurred_at >= ${since}`)
  if (until !== undefined) conditions.push(sql`occurred_at < ${until}`)
  if (after !== undefined) {
    const micros = String(after.occurredMicros)
    // A multiple of one microsecond is exact; seconds with a fraction would not be.
    const instant = sql`'epoch'::timestamptz + ${micros}::bigint * interval '1 microsecond'`
    conditions.push(sql`(occurred_at, id) < (${instant}, ${after.id}::uuid)`)
  }
  return conditions
}

/** The event of that id, if it is the tenant's. */
export async function findEvent(run: TenantRun, id: string): Promise<TrailEvent | undefined> {
  const rows = await run(sql<PlacedEvent>`SELECT ${COLUMNS} FROM audit_events WHERE id = ${id}`)
  return rows[0]
}
