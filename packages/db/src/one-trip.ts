// One statement, one transaction, one round trip: BEGIN, the tenant, the statement and COMMIT leave together and are
// awaited once. What came of it is known exactly: committed, undone, or nobody can say.

import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import type { CompiledQuery, RawBuilder } from 'kysely'
import type { Pool, PoolClient, QueryResult } from 'pg'
import type { Database } from './pool.ts'
import type { TenantScope } from './tenant-scope.ts'

export interface Departure {
  readonly scope: TenantScope
  /** Taken before the statement's snapshot, in this order, so that of two who change one thing the second sees what the first did. */
  readonly locks: readonly string[]
  /** Gives up soon when it has to wait for a lock; what it carried is then tried otherwise. */
  readonly hasty: boolean
}

export type Arrival =
  | { kind: 'committed'; rows: unknown[] }
  /** The server rolled back: nothing was done, and it may be tried again. */
  | { kind: 'undone'; error: unknown }
  /** The connection broke or none came: it may have been done, so it is not tried again. */
  | { kind: 'unclear'; error: unknown }

/** Names tenant, actor, request and trace until the transaction ends; its parameters are `armValues`. */
export const ARM = `SELECT set_config('app.tenant_id', $1, true), set_config('app.actor', $2, true),
  set_config('app.request_id', $3, true), set_config('app.traceparent', $4, true)`
const HASTE = `, set_config('lock_timeout', '250ms', true)`
/** Takes the advisory lock of a `name`. */
export const TAKE_LOCK = 'pg_advisory_xact_lock(hashtextextended(name, 0))'
const LOCKS = `, (SELECT count(${TAKE_LOCK}) FROM unnest($5::text[]) AS name)`

export const armValues = (scope: TenantScope) => [
  scope.tenantId,
  scope.actor,
  scope.requestId ?? '',
  scope.traceparent ?? '',
]

/** A snapshot that was too old, and a deadlock: the next try sees more, or comes first. */
const TRY_AGAIN = new Set<unknown>(['40001', '40P01'])
const TRIES = 3

/**
 * Runs one statement in a transaction of its own. `locks` serialise those who name the same things until the transaction
 * ends; everybody gives them in one order. A statement that finds its snapshot too old is tried again.
 * @returns the statement's rows, after the commit
 */
export async function inOneTrip<DB, R>(
  database: Database<DB>,
  scope: TenantScope,
  query: RawBuilder<R>,
  locks: readonly string[] = [],
): Promise<R[]> {
  const departure = { scope, locks, hasty: false }
  const arrival = await travel(database.pool, departure, query.compile(database.db))
  if (arrival.kind === 'committed') return arrival.rows as R[]
  throw arrival.error
}

/** The trip, tried up to three times where trying again helps. `client` is a connection for the first try; it is given back. */
export async function travel(
  pool: Pool,
  departure: Departure,
  query: CompiledQuery,
  client?: PoolClient,
): Promise<Arrival> {
  for (let tries = 1, own = client; ; tries++, own = undefined) {
    const arrival = await trip(pool, departure, query, own)
    const again = arrival.kind === 'undone' && TRY_AGAIN.has((arrival.error as { code?: string })?.code)
    if (!again || tries === TRIES) return arrival
  }
}

async function trip(
  pool: Pool,
  departure: Departure,
  query: CompiledQuery,
  own?: PoolClient,
): Promise<Arrival> {
  let client: PoolClient
  try {
    client = own ?? (await pool.connect())
  } catch (error) {
    return { kind: 'unclear', error }
  }
  const statement = { name: statementName(query.sql), text: query.sql, values: [...query.parameters] }
  // All four leave in one write: a write each would cost this process more than everything else it does here.
  const { stream } = (client as PoolClient & { connection: { stream: Socket } }).connection
  stream.cork()
  const steps = [
    client.query('BEGIN'),
    client.query(armed(departure)),
    client.query(statement),
    client.query('COMMIT'),
  ]
  stream.uncork()
  return settle(client, await Promise.allSettled(steps))
}

function armed({ scope, locks, hasty }: Departure) {
  const text = ARM + (hasty ? HASTE : '') + (locks.length > 0 ? LOCKS : '')
  const values = locks.length > 0 ? [...armValues(scope), locks] : armValues(scope)
  return { name: `arm${hasty ? '-hasty' : ''}${locks.length > 0 ? '-lock' : ''}`, text, values }
}

/** Gives the connection back, or drops it when anything but the statement failed. */
function settle(client: PoolClient, steps: PromiseSettledResult<QueryResult>[]): Arrival {
  const failed = steps.find((step) => step.status === 'rejected')
  const [, , answer, commit] = steps.map((step) => (step.status === 'fulfilled' ? step.value : undefined))
  if (failed === undefined && answer && commit?.command === 'COMMIT') {
    client.release()
    return { kind: 'committed', rows: answer.rows }
  }
  // A refused statement leaves the connection usable: COMMIT answered ROLLBACK. Anything else is not trusted.
  const undone = commit?.command === 'ROLLBACK'
  client.release(!undone)
  const error = failed?.reason ?? new Error('the transaction was not committed')
  return { kind: undone ? 'undone' : 'unclear', error }
}

const names = new Map<string, string>()

/** Prepared statements are kept by name; statements are few and fixed, so the map stays small. */
function statementName(text: string): string {
  let name = names.get(text)
  if (name === undefined) {
    name = createHash('sha256').update(text).digest('base64url').slice(0, 32)
    names.set(text, name)
  }
  return name
}
