// Group commit: inputs of one statement, tenant and actor that wait meanwhile share a transaction (lane.ts says when).
// Each is answered after its commit, with its own row; who fails does not fail its neighbours.

import type { RawBuilder } from 'kysely'
import type { Pool } from 'pg'
import { Lane } from './lane.ts'
import type { Database } from './pool.ts'
import { assertOwn, type SetStatement } from './set-statement.ts'
import type { TenantScope } from './tenant-scope.ts'

const lanes = new WeakMap<Pool, WeakMap<object, Map<string, Lane>>>()

/**
 * Runs the statement for one input, in a transaction that it may share with others of the same tenant and actor.
 * @returns the input's row, after the commit
 * @throws what Postgres refused this input with, or what broke the connection: then nobody knows whether it was done; an Error
 *   where the input is another tenant's
 */
export async function inGroup<DB, I, R>(
  { pool, db }: Database<DB>,
  scope: TenantScope,
  statement: SetStatement<I, R>,
  input: I,
): Promise<R> {
  assertOwn(statement, input, scope.tenantId)
  const keys = statement.keys(input)
  const ofPool = lanes.get(pool) ?? new WeakMap<object, Map<string, Lane>>()
  lanes.set(pool, ofPool)
  const ofStatement = ofPool.get(statement) ?? new Map<string, Lane>()
  ofPool.set(statement, ofStatement)
  const name = `${scope.tenantId} ${scope.actor}`
  const open = (): Lane => {
    const compile = (query: RawBuilder<unknown>) => query.compile(db)
    return new Lane({ pool, compile, statement: statement as SetStatement<unknown, unknown> }, scope, () =>
      ofStatement.delete(name),
    )
  }
  const lane = ofStatement.get(name) ?? open()
  ofStatement.set(name, lane)
  return lane.join(scope, input, keys) as Promise<R>
}
