// The only door to tenant tables. Both forms name the tenant and the actor transaction-locally, so a pooled
// connection never carries them on; without them, row-level security shows nothing.

import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { type CompiledQuery, type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import type { PoolClient, QueryResult } from 'pg'
import type { Database } from './pool.ts'

export interface TenantScope {
  tenantId: string
  /** `<type>:<id>`: api_key:<uuid>, operator:admin, service:notifier */
  actor: string
  requestId: string | null
  /** W3C trace context; it travels in the rows to the workers. */
  traceparent: string | null
}

const ARM = `SELECT set_config('app.tenant_id', $1, true), set_config('app.actor', $2, true),
  set_config('app.request_id', $3, true), set_config('app.traceparent', $4, true)`
// Taken before the statement's snapshot, so that of two who change one thing the second sees what the first did.
const ARM_AND_LOCK = `${ARM}, pg_advisory_xact_lock(hashtextextended($5, 0))`

const armValues = (scope: TenantScope) => [
  scope.tenantId,
  scope.actor,
  scope.requestId ?? '',
  scope.traceparent ?? '',
]

/** Runs `fn` in one transaction of one tenant; statements are awaited one by one. */
export async function withTenant<DB, R>(
  db: Kysely<DB>,
  scope: TenantScope,
  fn: (trx: Transaction<DB>) => Promise<R>,
): Promise<R> {
  const [tenant, actor, request, trace] = armValues(scope)
  const arm = sql`SELECT set_config('app.tenant_id', ${tenant}, true), set_config('app.actor', ${actor}, true),
    set_config('app.request_id', ${request}, true), set_config('app.traceparent', ${trace}, true)`
  const cause: unknown[] = []
  try {
    return await db.transaction().execute(async (trx) => {
      try {
        await arm.execute(trx)
        return await fn(trx)
      } catch (error) {
        cause.push(error)
        throw error
      }
    })
  } catch (error) {
    // Where the connection broke, the rollback fails too: what broke it is the better answer.
    throw cause[0] ?? error
  }
}

/**
 * Runs one statement for a tenant. `lock` serialises those who name the same thing: it is taken before the statement
 * looks at the data and held until the transaction ends.
 * @returns the statement's rows
 */
export type TenantRun = <R>(query: RawBuilder<R>, lock?: string) => Promise<R[]>

/** Statements as parts of a transaction that is already the tenant's. */
export function within<DB>(trx: Transaction<DB>): TenantRun {
  return async (query, lock) => {
    if (lock !== undefined) await sql`SELECT pg_advisory_xact_lock(hashtextextended(${lock}, 0))`.execute(trx)
    return (await query.execute(trx)).rows
  }
}

/** Each statement in a transaction of its own: see `inOneTrip`. */
export function alone<DB>(database: Database<DB>, scope: TenantScope): TenantRun {
  return (query, lock) => inOneTrip(database, scope, query, lock)
}

const STALE_SNAPSHOT = '40001'
const TRIES = 3

/**
 * Runs one statement in a transaction of its own, in one round trip: BEGIN, the tenant, the statement and COMMIT
 * are flushed together and awaited once. A statement that finds its snapshot too old is tried again.
 * @returns the statement's rows, after the commit
 */
export async function inOneTrip<DB, R>(
  database: Database<DB>,
  scope: TenantScope,
  query: RawBuilder<R>,
  lock?: string,
): Promise<R[]> {
  const compiled = query.compile(database.db)
  for (let tries = 1; ; tries++) {
    try {
      return (await trip(database, scope, compiled, lock)) as R[]
    } catch (error) {
      if (tries === TRIES || (error as { code?: string }).code !== STALE_SNAPSHOT) throw error
    }
  }
}

async function trip<DB>(database: Database<DB>, scope: TenantScope, query: CompiledQuery, lock?: string) {
  const client = await database.pool.connect()
  const arm =
    lock === undefined
      ? { name: 'arm', text: ARM, values: armValues(scope) }
      : { name: 'arm-lock', text: ARM_AND_LOCK, values: [...armValues(scope), lock] }
  const statement = { name: statementName(query.sql), text: query.sql, values: [...query.parameters] }
  // All four leave in one write: a write each would cost this process more than everything else it does here.
  const { stream } = (client as PoolClient & { connection: { stream: Socket } }).connection
  stream.cork()
  const steps = [client.query('BEGIN'), client.query(arm), client.query(statement), client.query('COMMIT')]
  stream.uncork()
  return settle(client, await Promise.allSettled(steps))
}

/** Gives the connection back (or drops it, when anything but the statement failed) and tells the first failure. */
function settle(client: PoolClient, steps: PromiseSettledResult<QueryResult>[]): unknown[] {
  const failed = steps.find((step) => step.status === 'rejected')
  const [, , answer, commit] = steps.map((step) => (step.status === 'fulfilled' ? step.value : undefined))
  if (failed === undefined && answer && commit?.command === 'COMMIT') {
    client.release()
    return answer.rows
  }
  // A refused statement leaves the connection usable: COMMIT answered ROLLBACK. Anything else is not trusted.
  client.release(commit?.command !== 'ROLLBACK')
  throw failed?.reason ?? new Error('the transaction was not committed')
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
