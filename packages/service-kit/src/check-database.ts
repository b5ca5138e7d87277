// Whether Postgres answers this service's role and has its tables, for `/readyz`.

import { type Kysely, sql } from 'kysely'
import type { CheckResult } from './health.ts'

/** One look. Reasons: `not_migrated`; what the driver throws is told by its code. */
export async function checkDatabase<DB>(db: Kysely<DB>): Promise<CheckResult> {
  const { rows } = await sql<{
    found: boolean
  }>`SELECT to_regclass('public.tenants') IS NOT NULL AS found`.execute(db)
  return rows[0]?.found ? { ok: true } : { ok: false, reason: 'not_migrated' }
}
