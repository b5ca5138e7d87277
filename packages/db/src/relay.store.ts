// The cross-tenant functions of the relay, and of the services that watch it. Definitions: migrations/0005-relay.sql.

import { type Kysely, sql } from 'kysely'

export interface DrivenDelivery {
  tenantId: string
  deliveryId: string
  channel: 'email' | 'sms'
  drive: number
  traceparent: string | null
}

export interface DueDelivery extends DrivenDelivery {
  /** Its worker had it for too long, or died. */
  leaseEnded: boolean
}

const DRIVEN = sql`tenant_id AS "tenantId", delivery_id AS "deliveryId", channel, drive, traceparent`

/** Marks up to `batch` due deliveries as queued and names them, oldest first. */
export async function claimDue<DB>(db: Kysely<DB>, batch: number): Promise<DueDelivery[]> {
  const due = sql<DueDelivery>`SELECT ${DRIVEN}, lease_ended AS "leaseEnded" FROM claim_due(${batch})`
  return (await due.execute(db)).rows
}

/** Names queued deliveries that nobody took for 10 seconds; each is named again 10 seconds later. */
export async function overdueQueued<DB>(db: Kysely<DB>, batch: number): Promise<DrivenDelivery[]> {
  return (await sql<DrivenDelivery>`SELECT ${DRIVEN} FROM overdue_queued(${batch})`.execute(db)).rows
}

/** Gives the lost ones a new drive; those that moved on meanwhile are left out of the answer. */
export async function redrive<DB>(db: Kysely<DB>, lost: DrivenDelivery[]): Promise<DrivenDelivery[]> {
  const tenants = lost.map((row) => row.tenantId)
  const ids = lost.map((row) => row.deliveryId)
  const drives = lost.map((row) => row.drive)
  const found = await sql<DrivenDelivery>`
    SELECT ${DRIVEN} FROM redrive(${tenants}::uuid[], ${ids}::uuid[], ${drives}::integer[])`.execute(db)
  return found.rows
}

/** Ends deliveries that ran out of time; answers how many. */
export async function expireDue<DB>(db: Kysely<DB>, batch: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT expire_due(${batch}) AS n`.execute(db)
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
    overdueQueued: (batch: number) => overdueQueued(db, batch),
    redrive: (lost: DrivenDelivery[]) => redrive(db, lost),
    expireDue: (batch: number) => expireDue(db, batch),
    reviewHeld: (batch: number) => reviewHeld(db, batch),
    claimEvents: (batch: number) => claimEvents(db, batch),
    gauges: () => relayGauges(db),
  }
}
