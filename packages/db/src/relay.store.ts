// The cross-tenant functions of the relay, and of the services that watch it. Definitions: migrations/0005-relay.sql.

import { type Kysely, sql } from 'kysely'

export interface DrivenDelivery {
  tenantId: string
  deliveryId: string
  channel: 'email' | 'sms'
  drive: number
  /** when that was, by the database's clock */
  queuedAt: Date
  traceparent: string | null
}

export interface DueDelivery extends DrivenDelivery {
  /** Its worker had it for too long, or died. */
  leaseEnded: boolean
}

const DRIVEN = sql`tenant_id AS "tenantId", delivery_id AS "deliveryId", channel, drive, queued_at AS "queuedAt", traceparent`

/** Marks up to `batch` due deliveries as queued and names them, oldest first. */
export async function claimDue<DB>(db: Kysely<DB>, batch: number): Promise<DueDelivery[]> {
  const due = sql<DueDelivery>`SELECT ${DRIVEN}, lease_ended AS "leaseEnded" FROM claim_due(${batch})`
  return (await due.execute(db)).rows
}

/**
 * Gives a new drive to what the queue lost of a channel: what nobody took for 10 s and was queued before `queuedBefore`, or at
 * any time where that is null. Longest queued first.
 */
export async function redriveLost<DB>(
  db: Kysely<DB>,
  channel: 'email' | 'sms',
  queuedBefore: Date | null,
  batch: number,
): Promise<DrivenDelivery[]> {
  const lost = sql<DrivenDelivery>`SELECT ${DRIVEN} FROM redrive_lost(${channel}, ${queuedBefore}::timestamptz, ${batch})`
  return (await lost.execute(db)).rows
}

/** Ends deliveries that ran out of time, in the queue or elsewhere; answers how many. */
export async function expireDue<DB>(db: Kysely<DB>, batch: number, ofQueue: boolean): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT expire_due(${batch}, ${ofQueue}) AS n`.execute(db)
  return rows[0]?.n ?? 0
}

/** Turns back what needs another vendor, and wipes what is held no longer; answers how many were looked at. */
export async function reviewHeld<DB>(db: Kysely<DB>, batch: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT review_held(${batch}) AS n`.execute(db)
  return rows[0]?.n ?? 0
}

/** Names up to `batch` due events; each is named again 10 seconds later unless it was recorded. */
export async function claimEvents<DB>(db: Kysely<DB>, batch: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`SELECT id FROM claim_events(${batch})`.execute(db)
  return rows.map((row) => row.id)
}

/** Moves the named events into the trail; those already moved do not count. */
export async function recordEvents<DB>(db: Kysely<DB>, ids: string[]): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT record_events(${ids}::uuid[]) AS n`.execute(db)
  return rows[0]?.n ?? 0
}

export interface RelayGauges {
  pending: number
  oldestPendingSeconds: number
  events: number
  oldestEventSeconds: number
  /** that can be driven again */
  deadLetters: number
}

/** How much waits and for how long, over all tenants. */
export async function relayGauges<DB>(db: Kysely<DB>): Promise<RelayGauges> {
  const { rows } = await sql<RelayGauges>`
    SELECT pending::float8, oldest_pending_seconds AS "oldestPendingSeconds", events::float8,
           oldest_event_seconds AS "oldestEventSeconds", dead_letters::float8 AS "deadLetters" FROM relay_gauges()`.execute(
    db,
  )
  return rows[0] ?? { pending: 0, oldestPendingSeconds: 0, events: 0, oldestEventSeconds: 0, deadLetters: 0 }
}

/** All of the relay's statements, bound to one database. */
export function relayStore<DB>(db: Kysely<DB>) {
  return {
    claimDue: (batch: number) => claimDue(db, batch),
    redriveLost: (channel: 'email' | 'sms', queuedBefore: Date | null, batch: number) =>
      redriveLost(db, channel, queuedBefore, batch),
    expireDue: (batch: number, ofQueue: boolean) => expireDue(db, batch, ofQueue),
    reviewHeld: (batch: number) => reviewHeld(db, batch),
    claimEvents: (batch: number) => claimEvents(db, batch),
    gauges: () => relayGauges(db),
  }
}
