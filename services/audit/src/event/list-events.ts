// One page of a tenant's trail, newest first.

import type { AuditDatabase } from '@postern/db/databases/audit.database'
import type { Database } from '@postern/db/pool'
import { alone, type TenantScope } from '@postern/db/with-tenant'
import { invalidField } from '@postern/service-kit/app-error'
import { newestEvents, type TrailFilter } from './event.store.ts'
import type { TrailEvent } from './event.ts'
import { readCursor, type TrailPlace, writeCursor } from './event-cursor.ts'

export interface ListEventsDeps {
  readonly database: Database<AuditDatabase>
}

export interface ListEventsInput {
  scope: TenantScope
  filter: Omit<TrailFilter, 'after'>
  /** `next` of the page before */
  cursor?: string | undefined
  /** events at most */
  limit: number
}

export interface TrailPage {
  events: TrailEvent[]
  /** where to go on; null: there is nothing behind this page */
  next: string | null
}

/** @throws AppError VALIDATION_FAILED for a cursor that is none of ours */
export async function listEvents({ database }: ListEventsDeps, input: ListEventsInput): Promise<TrailPage> {
  const { scope, limit } = input
  const filter: TrailFilter = { ...input.filter, after: placeOf(input.cursor) }
  // One more than asked for tells whether there is another page.
  const found = await newestEvents(alone(database, scope), filter, limit + 1)
  const events = found.slice(0, limit)
  const last = events.at(-1)
  if (found.length <= limit || last === undefined) return { events, next: null }
  return { events, next: writeCursor({ occurredMicros: BigInt(last.occurredMicros), id: last.id }) }
}

function placeOf(cursor: string | undefined): TrailPlace | undefined {
  if (cursor === undefined) return undefined
  const place = readCursor(cursor)
  if (place !== null) return place
  throw invalidField('query.cursor', 'is not a cursor of this list')
}
