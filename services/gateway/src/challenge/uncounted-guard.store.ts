// The guard of an identifier that had its share before: part of a statement that counts what is sent.

import { sql } from 'kysely'

/**
 * Joins `g`, the guard as it was before the statement, to each input `a` that was not counted as a `c`. With its LIMIT it
 * stays one look-up for each: a plain join may read all guards of the tenant.
 */
export const uncountedGuard = (tenantId: string) => sql`
  LEFT JOIN LATERAL (SELECT b.* FROM identifier_guards b
                      WHERE c.limit_key IS NULL AND b.tenant_id = ${tenantId}::uuid AND b.limit_key = a.limit_key
                      LIMIT 1) g ON true`
