// The only door to tenant tables. All forms name the tenant and the actor transaction-locally, so a pooled
// connection never carries them on; without them, row-level security shows nothing.

import { CompiledQuery, type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import { inGroup } from './group-commit.ts'
import { ARM, armValues, inOneTrip, TAKE_LOCK } from './one-trip.ts'
import type { Database } from './pool.ts'
import { answersOf, assertOwn, boundTo, lockOrder, type SetStatement } from './set-statement.ts'
import type { TenantScope } from './tenant-scope.ts'

export type { TenantScope }

/** Runs `fn` in one transaction of one tenant; statements are awaited one by one. */
export async function withTenant<DB, R>(
  db: Kysely<DB>,
  scope: TenantScope,
  fn: (trx: Transaction<DB>) => Promise<R>,
): Promise<R> {
  const cause: unknown[] = []
  try {
    return await db.transaction().execute(async (trx) => {
      try {
        await trx.executeQuery(CompiledQuery.raw(ARM, armValues(scope)))
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

/** What runs statements for a tenant: each in a transaction of its own (`alone`), or all in one (`within`). */
export interface TenantRun {
  /**
   * Runs one statement. `lock` serialises those who name the same thing: it is taken before the statement looks at the
   * data and held until the transaction ends. Several are taken in the one order in which everybody takes them.
   * @returns the statement's rows
   */
  <R>(query: RawBuilder<R>, lock?: string | readonly string[]): Promise<R[]>
  /**
   * Runs a statement over sets for one input: for the hot paths. `alone` lets inputs of one tenant and actor that wait
   * meanwhile share a transaction (group-commit.ts); `within` runs it with this one input.
   * @returns the input's row, without its place `n`; for `alone` after the commit
   */
  each<I, R>(statement: SetStatement<I, R>, input: I): Promise<R>
}

/** Statements as parts of a transaction that is already the tenant's. `scope` is that which it was begun with. */
export function within<DB>(trx: Transaction<DB>, scope: TenantScope): TenantRun {
  const run = async <R>(query: RawBuilder<R>, lock?: string | readonly string[]) => {
    if (lock !== undefined) await takeLocks(trx, lockOrder([lock].flat()))
    return (await query.execute(trx)).rows
  }
  const each: TenantRun['each'] = async (statement, input) => {
    assertOwn(statement, input, scope.tenantId)
    if (statement.locks) await takeLocks(trx, lockOrder(statement.keys(input)))
    const { tenantId, requestId, traceparent } = scope
    const riders = [{ input, requestId, traceparent }]
    const { rows } = await trx.executeQuery(
      boundTo(statement, riders, tenantId, (query) => query.compile(trx)),
    )
    const [answer] = answersOf(rows, 1)
    return answer as (typeof rows)[number]
  }
  return Object.assign(run, { each })
}

/** Advisory, until the transaction ends; the same ones that `travel` takes. */
const takeLocks = <DB>(trx: Transaction<DB>, names: readonly string[]) =>
  sql`SELECT ${sql.raw(TAKE_LOCK)} FROM unnest(${names}::text[]) AS name`.execute(trx)

/** Each statement in a transaction of its own, in one round trip. */
export function alone<DB>(database: Database<DB>, scope: TenantScope): TenantRun {
  const run = <R>(query: RawBuilder<R>, lock: string | readonly string[] = []) =>
    inOneTrip(database, scope, query, lockOrder([lock].flat()))
  const each: TenantRun['each'] = (statement, input) => inGroup(database, scope, statement, input)
  return Object.assign(run, { each })
}
